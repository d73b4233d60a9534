/** `POST /v1/config/reload`: the daemon reads its settings again. */
import * as z from 'zod';
import { Problem } from '../problems.js';
import { type Area, json, route } from './route.js';

const nothing = z.strictObject({});
const report = z.object({
  applied: z.array(z.string()).describe('Keys of settings that have changed, and are in effect.'),
  restart: z.array(z.string()).describe('Keys of settings that have changed, and take effect when it starts again.'),
});

export const reloadArea: Area = {
  routes: (api) => [
    route({
      method: 'POST',
      url: '/v1/config/reload',
      scope: 'admin',
      operationId: 'reloadConfiguration',
      tag: 'Operation',
      summary: 'Have the daemon read its settings again',
      description:
        'From its file, its environment and its flags. Where anything in them cannot be used, nothing changes. Values are not told.',
      query: nothing,
      body: { schema: nothing.prefault({}), example: {} },
      replies: {
        200: json('What has changed since', report, { applied: ['log_level', 'sources.rules'], restart: ['port'] }),
      },
      problems: ['setting_invalid', 'not_reloadable'],
      handle: async (input): Promise<z.infer<typeof report>> => {
        input.query();
        input.body();
        if (api.reload === undefined) throw new Problem('not_reloadable');
        const { applied, restart } = await api.reload();
        return { applied: [...applied], restart: [...restart] };
      },
    }),
  ],
};
