/** The baseline of HTTP figures: a fastify server whose route parses the same body, checks the same schema, and does nothing. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import * as z from 'zod';
import { identityName } from '../src/events/scalars.js';

const body = z.object({
  claude_name: identityName,
  mode: z.string(),
  cost_delta: z.number().min(0).optional(),
  cache_read_increment: z.int().min(0).optional(),
  context_percentage: z.number().optional(),
  current_interval: z.int().optional(),
  hostname: z.string().optional(),
  ip_address: z.string().optional(),
});

/** Starts it in a child process; `stop` ends it. */
export async function startEmptyRoute(): Promise<{ port: number; stop(): Promise<void> }> {
  const child = fork(fileURLToPath(import.meta.url), ['listen']);
  const [port] = (await once(child, 'message')) as [number];
  return {
    port,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

if (process.argv[2] === 'listen' && process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = Fastify();
  server.post('/increment', async (request) => {
    const report = body.parse(request.body);
    return { status: 'success', claude_name: report.claude_name };
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  process.send?.((server.server.address() as AddressInfo).port);
}
