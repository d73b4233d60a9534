/** HTTP over a Unix socket. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface SocketAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export function bySocket(
  socketPath: string,
  path: string,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: object } = {},
): Promise<SocketAnswer> {
  const { headers, body } = options;
  const method = body === undefined ? 'GET' : 'POST';
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    request({ socketPath, path, method, headers: { ...type, ...headers } }, (response) => {
      text(response).then((said) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: said });
      }, reject);
    })
      .on('error', reject)
      .end(body === undefined ? undefined : JSON.stringify(body));
  });
}
