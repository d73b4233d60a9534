/** Errors of the operating system in words: what a person did or has to look at, not the name of a call. */

interface SystemError {
  readonly code?: string | undefined;
  readonly path?: string | undefined;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly message: string;
}

const words: Readonly<Record<string, (what: string) => string>> = {
  ENOENT: (what) => `there is no file or folder ${what}`,
  EACCES: (what) => `this account may not use ${what}`,
  EPERM: (what) => `this account may not do that with ${what}`,
  EISDIR: (what) => `${what} is a folder, and a file is needed`,
  ENOTDIR: (what) => `a part of ${what} is a file, and a folder is needed`,
  EEXIST: (what) => `${what} is there already`,
  EROFS: (what) => `${what} is on a file system that can only be read`,
  ENOSPC: (what) => `the disk is full: nothing more can be written to ${what}`,
  EDQUOT: (what) => `the quota of this account is used up: nothing more can be written to ${what}`,
  EMFILE: (what) => `this process has too many files open to open ${what}`,
  ELOOP: (what) => `${what} is a chain of links without an end`,
  ENAMETOOLONG: (what) => `the name ${what} is too long`,
  ECONNREFUSED: (what) => `nothing listens at ${what}`,
  ECONNRESET: (what) => `${what} broke the connection off`,
  ENOTFOUND: (what) => `no address is known for ${what}`,
  ETIMEDOUT: (what) => `${what} did not answer in time`,
  EADDRINUSE: (what) => `${what} is taken by another program`,
  EADDRNOTAVAIL: (what) => `${what} is no address of this machine`,
};

/** Without a full stop. An error that is not in the list is given as the system says it. */
export function systemErrorText({ code = '', path, address, port, message }: SystemError): string {
  const what = path ?? (address === undefined ? undefined : port === undefined ? address : `${address}:${port}`);
  const say = words[code];
  return say === undefined ? message : say(what ?? 'it');
}
