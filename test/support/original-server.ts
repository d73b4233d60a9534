/**
 * A program that behaves like the original server: it answers `/health` and takes increments, each in a transaction of its own.
 *
 *     node original-server.js DATABASE PORT
 *
 * Prints where it listens, and ends at SIGTERM.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Database from 'better-sqlite3';

const [, , path = '', port = '0'] = process.argv;
const db = new Database(path);
const insert = db.prepare(`
  INSERT INTO resource_share_increments (claude_name, mode, cache_read_increment, weighted_cost, cost_delta, normalized_usage, recommended_interval)
  VALUES (?, ?, ?, ?, ?, ?, 900)`);

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/health') {
      response.end('{"status": "healthy", "claudes_registered": 3}');
      return;
    }
    const { claude_name: name, mode, cost_delta: cost = 0 } = JSON.parse(text);
    insert.run(name, mode, Math.floor((cost / 3) * 1_000), cost * 1_000, cost, cost / 3);
    response.end('{"status": "success", "recommended_interval": 900}');
  });
});
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
