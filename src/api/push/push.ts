/** What is pushed here by programs that know nothing of this one, and what came of it. */
import type { Area } from '../route.js';
import { claudeHookArea } from './claude-hook.js';
import { cloudEventsArea } from './cloudevents.js';
import { otlpArea } from './otlp.js';
import { sourcesArea } from './sources.js';

export const pushAreas: readonly Area[] = [otlpArea, cloudEventsArea, claudeHookArea, sourcesArea];
