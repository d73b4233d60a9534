/** The program itself: the Node.js it runs under, and the compiled binding of SQLite. */
import { binding } from '../../../engines/data-folder.js';
import { packageVersion } from '../../../package-root.js';
import { type Check, fault, ok } from '../check.js';

const nodeMajorMin = 20;

export const nodeVersion: Check = {
  id: 'node-version',
  async run() {
    const { node } = process.versions;
    const text = `resource-share ${packageVersion} runs under Node.js ${node}.`;
    if (Number.parseInt(node, 10) >= nodeMajorMin) return ok(text);
    return fault(text, `Install Node.js ${nodeMajorMin} or newer.`);
  },
};

export const sqliteBinding: Check = {
  id: 'sqlite-binding',
  async run() {
    const { version, digest } = binding();
    return ok(`SQLite ${version}; its binding has the SHA-256 ${digest}.`);
  },
};
