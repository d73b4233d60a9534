/** The settings, and what the daemon would be open to by them. */
import { isLoopback } from '../../../api/authentication.js';
import { isServer } from '../../../settings/database.js';
import { unknownVariables } from '../../../settings/environment.js';
import { isPlaceholder } from '../../../settings/secret.js';
import { type Check, fault, ok, warning } from '../check.js';
import { listenerAt } from '../listeners.js';

export const settingsAreValid: Check = {
  id: 'settings',
  async run({ resolved, environment }) {
    const faults = [...new Set(resolved.faults.map(({ text }) => text))];
    if (faults.length > 0)
      return fault(`${faults.join('; ')}.`, 'Correct what is said; `resource-share config check` looks at all of it.');
    const unknown = unknownVariables(environment);
    if (unknown.length > 0) return warning(unknown.join(' '), 'Correct the name of the variable, or unset it.');
    return ok('The configuration file and the environment can be used.');
  },
};

/** Keys that are none keep the program from starting (`settings`); of the password of a database nothing is known but how it looks. */
export const secrets: Check = {
  id: 'secrets',
  async run({ database }) {
    if (!isServer(database)) return ok('No setting holds a password.');
    const password = decodeURIComponent(new URL(database).password);
    if (password === '') return ok('The URL of the database holds no password.');
    if (!isPlaceholder(password)) return ok('The password of the database is no placeholder.');
    return fault(
      'The password in the URL of the database is a placeholder, which everybody knows.',
      'Give the role of the database a password of its own (`openssl rand -base64 24`), and set that.',
    );
  },
};

export const bindAndKeys: Check = {
  id: 'bind-and-keys',
  async run({ settings: { host, server }, engine, now }) {
    if (isLoopback(host)) return ok(`It listens at ${host}, which this machine alone reaches.`);
    const keys = engine === null ? [] : (await engine.keys.read()).keys;
    const working = keys.filter(({ revokedAt, expiresAt }) => revokedAt === null && (expiresAt ?? now + 1) > now);
    const text = `It listens at ${host}, which other machines reach`;
    if (working.length === 0)
      return fault(
        `${text}, and there is no API key that works.`,
        'Make one first: `resource-share keys create --scope admin`.',
      );
    if (server.tls_cert !== undefined) return ok(`${text}, by TLS and with API keys.`);
    return warning(
      `${text}, without TLS: whoever sees the traffic sees the keys.`,
      'Set server.tls_cert and server.tls_key, or listen at 127.0.0.1 behind a proxy (docs/operating/reverse-proxy.md).',
    );
  },
};

export const portIsFree: Check = {
  id: 'port',
  async run({ settings: { port }, writer, ask }) {
    if (port === 0) return ok('It takes a port that is free.');
    if (ask !== null) return ok(`The daemon answers at ${writer?.url ?? `port ${port}`}.`);
    const holder = listenerAt(port);
    if (holder === null) return ok(`Port ${port} is free.`);
    return fault(
      `Port ${port} is taken by ${holder}.`,
      'End that program, or set another port: --port, RESOURCE_SHARE_PORT.',
    );
  },
};
