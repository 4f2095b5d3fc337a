import { probeKey } from '../../host/probe/facts.ts';
import type { HostReader } from '../../observe/fleet.ts';
import type { ExecutableStep } from '../../model/plan.ts';
import { fail } from '@sealctl/core/problem/problem';
import type { HostExecutor, StepContext } from './ports.ts';
import type { Clock } from '@sealctl/core/async/clock';
import { servicesStarted, type ServiceOperation } from '../rollback/rollback.ts';

/** The interval at which a service is checked during `healthyFor`. */
const everyMs = 1000;

/** The miner is asked more than once, because one late answer is no evidence. */
const stillListedMs = 15_000;

export interface HealthGate {
  readonly host: string;
  readonly reader: HostReader;
  readonly steps: readonly ExecutableStep[];
  readonly healthyForMs: number;
  readonly clock: Clock;
  readonly runOnWorker: HostExecutor['runOnWorker'];
}

/**
 * A host counts as changed when what was started there has stayed up, without restarting itself, for `healthyForMs`, and the miner then
 * still lists the workers with their tasks and paths.
 */
export async function healthGate(gate: HealthGate, context: StepContext): Promise<void> {
  await stayUp(gate, context);
  for (const step of gate.steps) {
    if (step.operation.do === 'await-registered' && step.daemon !== undefined)
      await gate.runOnWorker(step.daemon, { ...step.operation, timeoutMs: stillListedMs }, context);
  }
}

async function stayUp(
  { host, reader, steps, healthyForMs, clock }: HealthGate,
  context: StepContext,
): Promise<void> {
  const services = servicesStarted(steps);
  if (services.length === 0) return;
  const until = clock.now() + healthyForMs;
  const before = await readServices(reader, services);
  context.progress(`must stay up for ${Math.round(healthyForMs / 1000)} s`);
  for (;;) {
    const left = until - clock.now();
    if (left <= 0) return;
    await clock.sleep(Math.min(left, everyMs), context.signal);
    const now = await readServices(reader, services);
    for (const [index, { name }] of services.entries()) {
      if (now[index] === undefined || now[index] !== before[index]) throw notHealthy(host, name, now[index]);
    }
  }
}

/** Process ids; undefined for a service that does not run. */
async function readServices(
  reader: HostReader,
  services: readonly ServiceOperation[],
): Promise<(number | undefined)[]> {
  const requests = services.map(({ manager, name }) => ({ ask: 'service', manager, name }) as const);
  const facts = await reader.probe(requests);
  return requests.map((request) => facts.services.get(probeKey(request))?.process?.pid);
}

function notHealthy(host: string, service: string, pid: number | undefined): Error {
  return fail({
    code: 'not-healthy',
    summary: `${service} did not stay up on ${host}`,
    where: { in: 'host', host },
    why: pid === undefined ? 'it ended within rollout.healthyFor' : 'it restarted within rollout.healthyFor',
    fix: `read its log on ${host}, fix the cause, and run sealctl apply again`,
  });
}
