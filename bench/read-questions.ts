/** What the benchmark of reads asks: every page and filter, on the first pages and on deep ones. */
import { agents, dayMs, readingSource } from './history.js';

export interface Question {
  readonly name: string;
  readonly path: string;
}

/** The questions of a daemon on a long log: the same ones for every length, in the same order. */
export async function questionsOf(url: string, events: number): Promise<Question[]> {
  const middle = Math.floor(events / 2);
  const [event] = (
    await ask<{ events: { recorded_at: string | number }[] }>(url, `/v1/events?after_seq=${middle}&limit=1`)
  ).events;
  const halfTime = new Date(event?.recorded_at ?? Number.NaN).toISOString();
  const dayLater = new Date(Date.parse(halfTime) + dayMs).toISOString();
  const after = async (path: string) => {
    const { next } = await ask<{ next: string | null }>(url, path);
    if (next === null) throw new Error(`${path} has one page only`);
    return encodeURIComponent(next);
  };
  const deepEvents = await after(`/v1/events?after_seq=${middle}`);
  const deepDaily = await after('/v1/daily?limit=200');
  const deepUsage = await after(`/v1/usage?until=${halfTime}`);
  const { events: corrections } = await ask<{ events: { correlates: string }[] }>(
    url,
    '/v1/events?type=usage.corrected&limit=1',
  );
  const agent = agents[7];
  return Object.entries({
    'dashboard, as JSON': '/dashboard/json',
    'daily: first page': '/v1/daily',
    'daily: deep page': `/v1/daily?cursor=${deepDaily}`,
    'daily: one identity': `/v1/daily?identity=${agent}`,
    'daily: one day': `/v1/daily?since=${halfTime.slice(0, 10)}&until=${dayLater.slice(0, 10)}`,
    'usage: first page': '/v1/usage',
    'usage: deep page': `/v1/usage?cursor=${deepUsage}`,
    'usage: one identity': `/v1/usage?identity=${agent}`,
    'events: first page': '/v1/events',
    'events: newest first': '/v1/events?order=desc',
    'events: deep page': `/v1/events?cursor=${deepEvents}`,
    'events: page of 1,000': `/v1/events?after_seq=${middle}&limit=1000`,
    'events: most frequent type': `/v1/events?type=usage.recorded&after_seq=${middle}`,
    'events: rare type': '/v1/events?type=quota.read&limit=50',
    'events: rare type, deep': `/v1/events?type=quota.read&limit=50&after_seq=${middle}`,
    'events: two types': `/v1/events?type=usage.recorded,quota.read&after_seq=${middle}`,
    'events: one identity': `/v1/events?identity=${agent}`,
    'events: one identity, deep': `/v1/events?identity=${agent}&after_seq=${middle}`,
    'events: an identity nobody has': '/v1/events?identity=Nobody',
    'events: since the middle': `/v1/events?since=${halfTime}`,
    'events: until the middle': `/v1/events?until=${halfTime}&order=desc`,
    'events: one day': `/v1/events?since=${halfTime}&until=${dayLater}`,
    'events: what corrects one': `/v1/events?correlates=${corrections[0]?.correlates}`,
    'events: most frequent source': `/v1/events?source=bench/1&after_seq=${middle}`,
    'events: rare source': `/v1/events?source=${readingSource}&limit=5&after_seq=${middle}`,
    'events: a source nobody has': '/v1/events?source=nobody/1',
  }).map(([name, path]) => ({ name, path }));
}

export async function ask<T>(url: string, path: string): Promise<T> {
  const response = await fetch(url + path);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
