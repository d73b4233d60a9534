/** Entry point of a thread that helps to walk a chain. */
import { serveWalks } from './walk-thread.js';

serveWalks();
