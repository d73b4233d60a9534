/**
 * Goal: with the files of `ops/` and the page about reverse proxies, another machine reaches the daemon by TLS, through Debian's Caddy and
 * nginx, and nothing comes in without a key. Both machines are network namespaces with a cable between them.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { packageRoot } from '../../src/package-root.js';
import { makeCertificate } from '../support/certificate.js';
import { makeClaudeHome } from '../support/claude-home.js';
import { temporaryFolder } from '../support/folder.js';
import { linkMachines, type Namespace, withoutNamespace } from '../support/namespace.js';
import { program } from '../support/program.js';

const run = promisify(execFile);
const name = 'ledger.example';
const page = readFileSync(join(packageRoot, 'docs/operating/reverse-proxy.md'), 'utf8');
const inOps = (path: string) => readFileSync(join(packageRoot, 'ops', path), 'utf8');

interface Proxy {
  /** Its command, with its configuration in `folder`. */
  start(folder: string): readonly string[];
}

const proxies: Readonly<Record<string, Proxy>> = {
  caddy: {
    start(folder) {
      const file = join(folder, 'Caddyfile');
      const shipped = inOps('caddy/Caddyfile');
      const own = `${name} {\n\ttls ${join(folder, 'cert.pem')} ${join(folder, 'key.pem')}\n`;
      writeFileSync(file, `{\n\tadmin off\n}\n${shipped.replace(`${name} {\n`, own)}`);
      return ['caddy', 'run', '--adapter', 'caddyfile', '--config', file];
    },
  },
  nginx: {
    start(folder) {
      const site = inOps('nginx/resource-share.conf').replaceAll('/etc/ledger', folder);
      const file = join(folder, 'nginx.conf');
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (kind) => `${kind}_temp_path ${folder}/${kind};`,
      );
      const http = `http { access_log off; ${paths.join(' ')}\n${site}\n}`;
      writeFileSync(file, `user root; pid ${folder}/nginx.pid; error_log stderr; daemon off; events {}\n${http}`);
      return ['nginx', '-c', file];
    },
  },
};

for (const [proxy, { start }] of Object.entries(proxies)) {
  const isThere = spawnSync('sh', ['-c', `command -v ${proxy}`]).status === 0;
  const skip = withoutNamespace || (!isThere && `${proxy} is not installed`);
  t.test(`behind ${proxy}`, { skip, timeout: 400_000 }, async (t) => {
    const folder = temporaryFolder(t);
    const { cert } = makeCertificate(folder, `DNS:${name}`);
    const { server, desk } = await linkMachines(t, name, folder);
    const at = {
      server: machine(server, join(folder, 'server'), cert),
      desk: machine(desk, join(folder, 'desk'), cert),
    };
    makeClaudeHome(at.desk.home, Date.now(), 2);
    const settings = join(folder, 'settings.json');
    writeFileSync(settings, firstJson(page));
    const data = ['--data', join(at.server.home, 'data')];
    await background(t, at.server, [process.execPath, program, ...data, '--config', settings, 'serve'], /http:/);
    await background(t, at.server, start(folder), null);
    await reached(at.desk);

    for (const { where, script } of blocks(page)) {
      const { code, stderr } = await at[where].shell(script);
      t.equal(code, 0, script, { stderr });
      if (!script.includes('for-desk')) continue;
      const pasted = await at.desk.shell(readFileSync(join(at.server.home, 'for-desk.sh'), 'utf8'));
      t.equal(pasted.code, 0, 'the line is pasted', { stderr: pasted.stderr });
    }
    const key = readFileSync(join(at.server.home, 'admin.key'), 'utf8').trim();
    const { events } = JSON.parse(await at.desk.get('/v1/events?type=usage.recorded', `authorization: Bearer ${key}`));
    t.ok(events.length > 1, 'what was reported and what was collected is there');
    t.ok(
      events.every(({ actor }: { actor: string }) => actor.startsWith('key:')),
      'by the key of the desk',
    );

    const { paths } = JSON.parse(await at.desk.get('/openapi.json', `authorization: Bearer ${key}`));
    for (const [path, methods] of Object.entries<object>(paths)) {
      for (const method of Object.keys(methods)) {
        for (const from of [at.desk, at.server]) {
          const url = from === at.desk ? `https://${name}` : 'http://127.0.0.1:8765';
          const status = await from.status(method, `${url}${path.replace(/\{\w+\}/g, 'x')}`);
          t.equal(
            status,
            open[`${method} ${path}`] ?? 401,
            `${method} ${path}, from the ${from === at.desk ? 'desk' : 'server'}`,
          );
        }
      }
    }
  });
}

/** What tells nothing of the data: where a browser signs in and out, and the ledger proves itself before anybody shows it a key. */
const open: Readonly<Record<string, number>> = {
  'get /assets/{file}': 404,
  'get /health/live': 200,
  'get /login': 200,
  'post /login': 415,
  'post /logout': 415,
  'get /v1/checkpoint/key/proof': 400,
};

function firstJson(text: string): string {
  return /^```json\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? '';
}

function blocks(text: string) {
  return [...text.matchAll(/^```sh (server|desk)\n([\s\S]*?)^```$/gm)].map(([, where, script]) => ({
    where: where as 'server' | 'desk',
    script: script as string,
  }));
}

type Machine = ReturnType<typeof machine>;

/** A machine with a home of its own, and what is typed on it. */
function machine({ enter }: Namespace, home: string, cert: string) {
  mkdirSync(home);
  const [command = '', ...args] = enter;
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    TMUX_TMPDIR: home,
    RESOURCE_SHARE_DATA: join(home, 'data'),
    RESOURCE_SHARE_CHECKPOINTS_KEYS: join(home, 'keys'),
    NODE_EXTRA_CA_CERTS: cert,
    CURL_CA_BUNDLE: cert,
  };
  const ask = async (...more: readonly string[]) => {
    try {
      return { code: 0, ...(await run(command, [...args, ...more], { env, maxBuffer: 16_777_216 })) };
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string };
    }
  };
  const prelude = `set -eu\ncd '${home}'\nnpx() { shift; '${process.execPath}' '${program}' "$@"; }\n`;
  return {
    home,
    env,
    spawn: (more: readonly string[]) => spawn(command, [...args, ...more], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
    shell: (script: string) => ask('bash', '-c', prelude + script),
    get: async (path: string, header: string) =>
      (await ask('curl', '-s', '-H', header, `https://${name}${path}`)).stdout,
    status: async (method: string, url: string) => {
      const body = method === 'post' ? ['-H', 'content-type: application/json', '-d', '{}'] : [];
      const options = [
        '--max-time',
        '5',
        '-so',
        '/dev/null',
        '-w',
        '%{http_code}',
        '-X',
        method.toUpperCase(),
        ...body,
      ];
      return Number((await ask('curl', ...options, url)).stdout);
    },
  };
}

/** Until the machine ends; waits for the line that says it is ready, where it says one. */
async function background(
  t: Test,
  { spawn }: Machine,
  command: readonly string[],
  ready: RegExp | null,
): Promise<void> {
  const child: ChildProcess = spawn(command);
  const ended = once(child, 'close');
  t.teardown(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  let said = '';
  const wanted = new Promise<void>((resolve, reject) => {
    for (const output of [child.stdout, child.stderr])
      output?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (ready?.test(said)) resolve();
      });
    void ended.then(() => reject(new Error(`${command[0]} ended: ${said}`)));
    if (ready === null) resolve();
  });
  await wanted;
}

/** Asks until the proxy listens and the daemon behind it answers. */
async function reached(desk: Machine): Promise<void> {
  while ((await desk.status('get', `https://${name}/health/live`)) !== 200);
}
