/** The one comparison of secrets, and of what is derived from them: whoever tries values learns nothing from how long it takes. */
import { timingSafeEqual } from 'node:crypto';

/** Takes the same time wherever they differ. That they differ in length may show. */
export const isSameSecret = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && timingSafeEqual(one, other);
