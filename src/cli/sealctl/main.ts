import { processContext } from './process-context.ts';
import { runSealctl } from './run.ts';

void runSealctl(process.argv.slice(2), processContext());
