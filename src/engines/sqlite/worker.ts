/** Entry point of a store's thread. */
import { serveStore } from './thread.js';

serveStore();
