import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { stopSandbox } from './host.ts';

/** Ends a sandbox that `npm run demo -- --keep` left up, and removes its directory: `tsx test/sandbox/end.ts DIRECTORY`. */
const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('name the directory that the demo printed');
await stopSandbox(join(directory, 'hosts'));
rmSync(directory, { recursive: true, force: true });
