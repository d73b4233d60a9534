/** A client of the live feed, in a process of its own: counts the events it is sent, until it is told to finish. */
import { get } from 'node:http';
import { type Child, serveParent, startChild } from './child.js';

export const followFeed = (url: string): Child<number> => startChild(import.meta.url, { url });

function read({ url }: { url: string }, finished: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(new URL('/v1/stream', url), (response) => {
      let events = 0;
      let rest = '';
      response.setEncoding('latin1').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.startsWith('id: ')) events += 1;
      });
      finished.addEventListener('abort', () => {
        request.destroy();
        resolve(events);
      });
    });
    request.on('error', (error) => (finished.aborted ? undefined : reject(error)));
  });
}

serveParent(import.meta.url, read);
