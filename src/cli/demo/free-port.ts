/** Whether nobody listens at a port yet. */
import { once } from 'node:events';
import { createServer } from 'node:net';

export async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  } finally {
    await new Promise((closed) => server.close(closed));
  }
}
