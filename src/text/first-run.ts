/** How to begin with an empty ledger: the ways in, as the page, `fair status` and `usage summary` say them. */
export interface WayIn {
  readonly title: string;
  readonly text: string;
  readonly command: string;
}

/** Where a daemon is reached that nobody has set otherwise. */
export const usualUrl = 'http://localhost:8765';

/** `url` leads to the daemon, without a slash at the end. */
export const waysIn = (url: string, pool: string): readonly WayIn[] => [
  {
    title: 'Connect what runs already',
    text: 'Finds Claude Code, Codex, Gemini CLI and OpenTelemetry on this machine, and takes in what they have written, too.',
    command: 'resource-share connect',
  },
  {
    title: 'Report by HTTP',
    text: 'From any program. The first report registers its sender; the answer says when to run again.',
    command: `curl -s ${url}/resource-share/increment${pool === 'default' ? '' : `?pool=${encodeURIComponent(pool)}`} -H 'content-type: application/json' -d '{"claude_name":"Ada","mode":"autonomy","cost_delta":0.25}'`,
  },
  {
    title: 'Look at a made week first',
    text: 'A ledger of its own, in ./demo-data, with agents that are made up and go on.',
    command: 'resource-share demo',
  },
];
