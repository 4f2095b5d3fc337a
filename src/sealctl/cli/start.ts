import { processContext } from './core/process-context.ts';
import { runSealctl } from './core/run.ts';

/** Runs the command that this process was started with. */
export function start(): void {
  void runSealctl(process.argv.slice(2), processContext());
}
