/** `GET /v1/sources`: what came of data of others. */
import * as z from 'zod';
import { isoText } from '../../events/days.js';
import type { EpochMs } from '../../events/scalars.js';
import { type Area, json, route } from '../route.js';
import { countFields } from './counts.js';

const source = z.object({
  format: z.string().describe('As in `sources list`.'),
  last_seen_at: z.string().describe('When something of it came last.'),
  read: z.int().describe('What was found in it: uses, totals, readings and events.'),
  ...countFields,
});

const example = {
  format: 'otlp',
  last_seen_at: '2026-01-05T12:00:00.000Z',
  read: 12,
  recorded: 9,
  repeated: 2,
  corrected: 1,
  refused: 0,
  skipped: { 'told-by-another-record': 3 },
};

export const sourcesArea: Area = {
  routes: ({ intake }) => [
    route({
      method: 'GET',
      url: '/v1/sources',
      scope: 'read',
      operationId: 'listSources',
      tag: 'Telemetry',
      summary: 'What came of data of others',
      description:
        'By its format, since this daemon started, of all pools. Sources of which nothing came since are not listed.',
      replies: { 200: json('The sources', z.object({ sources: z.array(source) }), { sources: [example] }) },
      handle: async () => ({
        sources: intake.figures.map(({ format, lastSeenAt, ...counts }) => ({
          format,
          last_seen_at: isoText(lastSeenAt as EpochMs),
          ...counts,
        })),
      }),
    }),
  ],
};
