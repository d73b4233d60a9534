/** `/v1/turns`: a turn is one run of an agent, held as a lease: granted, renewed, settled or expired. */
import type { Area } from '../route.js';
import { askArea } from './ask.js';
import { holdArea } from './hold.js';
import { readTurnArea } from './read.js';

export const turnAreas: readonly Area[] = [askArea, holdArea, readTurnArea];
