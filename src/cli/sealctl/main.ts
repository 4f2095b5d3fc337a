import { processContext } from './process-context.ts';
import { runSealctl } from './run.ts';

await runSealctl(process.argv.slice(2), processContext());
