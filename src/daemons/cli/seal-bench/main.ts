import { runMain } from '../program.ts';
import { sealBench } from './application.ts';

const interrupted = new AbortController();
// The first interrupt stops the kernels, which leave no incomplete file under its final name. The second ends the process.
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => interrupted.abort(new Error(`stopped by ${name}`)));

runMain(sealBench, interrupted.signal);
