/**
 * A client that has an HTTP hook, as far as it decides whether a prompt is sent: node test/support/hook-client.js URL TIMEOUT_MS PROMPT.
 * An answer of the kind 2xx with JSON decides; anything else, and none in time, lets the prompt go. Prints what it decided, as JSON.
 */
const [url = '', timeoutMs = '', prompt = ''] = process.argv.slice(2);

interface Said {
  readonly decision?: string;
  readonly reason?: string;
  readonly hookSpecificOutput?: { readonly additionalContext?: string };
}

interface Answer {
  readonly isAnswered: boolean;
  readonly said: Said;
}

async function asked(): Promise<Answer> {
  const body = {
    hook_event_name: 'UserPromptSubmit',
    session_id: 's1',
    cwd: '/srv/p1',
    permission_mode: 'default',
    prompt,
  };
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(Number(timeoutMs)),
    });
    return { isAnswered: true, said: answer.ok ? ((await answer.json()) as Said) : {} };
  } catch {
    return { isAnswered: false, said: {} };
  }
}

const { isAnswered, said } = await asked();
const isSent = said.decision !== 'block';
const { reason, hookSpecificOutput } = said;
process.stdout.write(JSON.stringify({ isSent, isAnswered, reason, context: hookSpecificOutput?.additionalContext }));
