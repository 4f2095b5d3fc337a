import { describe, expect, test } from 'vitest';
import { healthGate } from '../../../src/sealctl/apply/executor/health-gate.ts';
import type { HostExecutor } from '../../../src/sealctl/apply/executor/ports.ts';
import { probeKey } from '../../../src/sealctl/host/probe/facts.ts';
import type { ExecutableStep } from '../../../src/sealctl/model/plan.ts';

const service = { manager: 'systemd', name: 'a.service' } as const;
const base = { title: 'step', interrupts: true, daemon: { role: 'worker', name: 'a' } as const };
const steps: readonly ExecutableStep[] = [
  { ...base, on: 'host', operation: { do: 'service', ...service, verb: 'start' } },
  {
    ...base,
    on: 'worker',
    operation: { do: 'await-registered', tasks: ['t'], storagePaths: ['/mnt'], timeoutMs: 1 },
  },
];

interface Gate {
  readonly steps?: readonly ExecutableStep[];
  readonly runOnWorker?: HostExecutor['runOnWorker'];
  readonly healthyForMs?: number;
}
/** What a look at the service finds: the id of its process, a service that has ended, or nothing known of it. */
type Look = number | 'ended' | 'unknown';

/** A gate of ten seconds on a host whose service is as these looks find it, one after the other; the last stays. */
async function pass(looks: readonly Look[], { steps: gated, runOnWorker, healthyForMs }: Gate = {}) {
  let now = 0;
  const left = [...looks];
  const lookedAt: number[] = [];
  const told: string[] = [];
  const reader = {
    probe: (requests: readonly unknown[]) => {
      expect(requests).toEqual([{ ask: 'service', ...service }]);
      lookedAt.push(now);
      const look = left.length > 1 ? left.shift() : left[0];
      const fact = look === 'ended' ? {} : { process: { pid: look } };
      const key = probeKey({ ask: 'service', ...service });
      return Promise.resolve({ services: new Map(look === 'unknown' ? [] : [[key, fact]]) });
    },
  };
  await healthGate(
    {
      host: 'h',
      reader: reader as never,
      steps: gated ?? steps,
      healthyForMs: healthyForMs ?? 10_000,
      clock: {
        now: () => now,
        sleep: (ms) => {
          now += ms;
          return Promise.resolve();
        },
      },
      runOnWorker: runOnWorker ?? (() => Promise.resolve()),
    },
    { signal: new AbortController().signal, progress: (text) => told.push(text) },
  );
  return { took: now, lookedAt, told };
}

function unhealthy(why: string) {
  return {
    code: 'not-healthy',
    severity: 'error',
    summary: 'a.service did not stay up on h',
    where: { in: 'host', host: 'h' },
    why,
    fix: 'read its log on h, fix the cause, and run sealctl apply again',
  };
}

describe('the health gate', () => {
  test('asks once more, after healthyFor, whether the miner lists the worker with its tasks and paths', async () => {
    const asked: unknown[] = [];
    const { took, told } = await pass([7], {
      runOnWorker: (daemon, operation) => Promise.resolve(void asked.push(daemon, operation)),
    });
    expect(took).toBe(10_000);
    expect(told).toEqual(['must stay up for 10 s']);
    expect(asked).toEqual([
      { role: 'worker', name: 'a' },
      { do: 'await-registered', tasks: ['t'], storagePaths: ['/mnt'], timeoutMs: 15_000 },
    ]);
  });

  test('asks the miner for no worker that did not have to register', async () => {
    const [start, registered] = steps;
    const { daemon: _nobody, ...ofNobody } = registered as ExecutableStep;
    const cordon: ExecutableStep = { ...base, on: 'worker', operation: { do: 'cordon' } };
    await pass([7], {
      steps: [start as ExecutableStep, cordon, ofNobody],
      runOnWorker: () => expect.unreachable(),
    });
  });

  test('is not passed by a worker that stays up while the miner has lost it', async () => {
    const lost = () => Promise.reject(new Error('the miner lists it as disabled'));
    await expect(pass([7], { runOnWorker: lost })).rejects.toThrow('the miner lists it as disabled');
  });

  test('looks at a service every second, and for the last time when healthyFor has passed', async () => {
    const { took, lookedAt } = await pass([7], { healthyForMs: 2500 });
    expect(lookedAt).toEqual([0, 1000, 2000, 2500]);
    expect(took).toBe(2500);
  });

  test('waits for nothing where no service was started', async () => {
    const stop: ExecutableStep = {
      ...base,
      on: 'host',
      operation: { do: 'service', ...service, verb: 'stop' },
    };
    expect(await pass([], { steps: [stop] })).toEqual({ took: 0, lookedAt: [], told: [] });
  });

  test('is not passed by a service that restarts itself', async () => {
    await expect(pass([7, 7, 8])).rejects.toMatchObject({
      problems: [unhealthy('it restarted within rollout.healthyFor')],
    });
  });

  test.each<readonly Look[]>([
    [7, 7, 'ended'],
    [7, 'unknown'],
    ['ended', 'ended'],
    ['unknown', 'unknown'],
  ])('is not passed by a service that has ended', async (...looks) => {
    await expect(pass(looks)).rejects.toMatchObject({
      problems: [unhealthy('it ended within rollout.healthyFor')],
    });
  });
});
