/** What was pushed to a server, as its log and its figures show it. */
import type { TestServer } from '../api/support.js';

interface Found {
  readonly type: string;
  readonly source: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Events of a type, oldest first. */
export async function eventsOf(server: TestServer, type: string): Promise<readonly Found[]> {
  return (await server.get(`/v1/events?type=${type}&limit=1000`)).json<{ events: Found[] }>().events;
}

export interface Figures {
  readonly format: string;
  readonly [name: string]: unknown;
}

export async function figuresOf(server: TestServer, format: string): Promise<Figures | undefined> {
  const { sources } = (await server.get('/v1/sources')).json<{ sources: Figures[] }>();
  return sources.find((one) => one.format === format);
}
