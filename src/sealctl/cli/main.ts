import { processContext } from './core/process-context.ts';
import { runSealctl } from './core/run.ts';

void runSealctl(process.argv.slice(2), processContext());
