/** Opening a database of the original server. */
import type { OriginalDatabase } from './original.js';
import { openOriginalCopy } from './sqlite/original-copy.js';

/**
 * Throws a `StorageError`: `missing`, `foreign` (no database, one of ours, or of another program), `corrupt`. The file, and what is
 * beside it, stays as it is.
 */
export const openOriginal = (path: string): Promise<OriginalDatabase> => openOriginalCopy(path);
