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

/** A gate of ten seconds on a host whose service has these process ids, one a look; the last stays. */
async function pass(pids: readonly number[], runOnWorker: HostExecutor['runOnWorker']): Promise<number> {
  let now = 0;
  const left = [...pids];
  const reader = {
    probe: () => {
      const pid = left.length > 1 ? left.shift() : left[0];
      return Promise.resolve({
        services: new Map([[probeKey({ ask: 'service', ...service }), { process: { pid } }]]),
      });
    },
  };
  await healthGate(
    {
      host: 'h',
      reader: reader as never,
      steps,
      healthyForMs: 10_000,
      clock: {
        now: () => now,
        sleep: (ms) => {
          now += ms;
          return Promise.resolve();
        },
      },
      runOnWorker,
    },
    { signal: new AbortController().signal, progress: () => undefined },
  );
  return now;
}

describe('the health gate', () => {
  test('asks once more, after healthyFor, whether the miner lists the worker with its tasks and paths', async () => {
    const asked: unknown[] = [];
    const took = await pass([7], (_daemon, operation) => {
      asked.push(operation);
      return Promise.resolve();
    });
    expect(took).toBe(10_000);
    expect(asked).toMatchObject([{ do: 'await-registered', tasks: ['t'], storagePaths: ['/mnt'] }]);
  });

  test('is not passed by a worker that stays up while the miner has lost it', async () => {
    const lost = () => Promise.reject(new Error('the miner lists it as disabled'));
    await expect(pass([7], lost)).rejects.toThrow('the miner lists it as disabled');
  });

  test('is not passed by a service that restarts itself', async () => {
    await expect(pass([7, 7, 8], () => Promise.resolve())).rejects.toThrow(/did not stay up/);
  });
});
