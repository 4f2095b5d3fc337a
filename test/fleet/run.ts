import { runVariable } from './fleet.ts';
import { ensureBase } from './base.ts';
import { inNamespace, makeController } from './network.ts';
import { machineName } from './places.ts';
import { claim } from './record.ts';
import { sweep, sweepAbandoned } from './sweep.ts';

/** How a program is started so that it, and all fleets it starts, share one controller. */
export interface RunContext {
  /** The argv for a program inside the controller's network namespace. */
  readonly inside: (argv: readonly string[]) => [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Makes a controller namespace for one run of tests, and sweeps it and every fleet of the run away afterwards, however the run ended.
 * The base system is made first: inside there is no way to a Debian mirror.
 */
export async function withinFleetRun<T>(
  report: (line: string) => void,
  action: (context: RunContext) => Promise<T>,
): Promise<T> {
  const run = `test.${process.pid}`;
  const controller = machineName(run, 'controller');
  await ensureBase(report);
  await sweepAbandoned();
  await sweep(run);
  claim(run);
  try {
    await makeController(controller);
    return await action({ inside: (argv) => inNamespace(controller, argv), env: { [runVariable]: run } });
  } finally {
    await sweep(run);
  }
}
