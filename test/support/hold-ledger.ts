/** A process that holds a data directory until it is killed or its input ends. Its argument is the directory. */
import { openEngine } from '../../src/engines/open.js';

const engine = await openEngine(process.argv[2] as string, 'writer');
process.stdout.write('ready\n');
for await (const _ of process.stdin) void _;
await engine.close();
