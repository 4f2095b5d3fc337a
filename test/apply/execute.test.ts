import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ApplyEvent } from '../../src/apply/events.ts';
import { execute } from '../../src/apply/execute.ts';
import type { ExecutionPorts, HostPort } from '../../src/apply/ports.ts';
import type { ExecutableStep } from '../../src/plan/plan.ts';
import { waves, type RolloutHost, type RolloutPolicy } from '../../src/plan/rollout.ts';

const never = new AbortController().signal;
const work: ExecutableStep = { title: 'work', interrupts: true, on: 'host', operation: { do: 'clear-hold' } };
const clean: ExecutableStep = { ...work, title: 'clean', afterGate: true };
const policy: RolloutPolicy = {
  maxUnavailable: 2,
  canary: undefined,
  order: [],
  keepServing: {},
  inFlight: 50,
};

/** A host that does what its steps say, unless told to fail, and writes down what happened. */
function scriptedPort(
  host: string,
  log: string[],
  fails: (host: string, call: string) => boolean,
  takes: (label: string) => Promise<unknown> = () => turn(),
): HostPort {
  const call = async (what: string): Promise<void> => {
    log.push(`${host} ${what}`);
    await takes(`${host} ${what}`);
    if (fails(host, what)) throw new Error(`${host} ${what} failed`);
  };
  return {
    run: () => call('run'),
    assertRoom: () => call('look for room'),
    runOnWorker: () => call('worker'),
    record: ({ outcome }) => call(`record ${outcome}`),
    gate: () => call('gate'),
    remember: () => call('remember'),
    goBack: async (steps) => {
      await call('go back');
      log.push(`${host} undoes ${steps.map(({ title }) => title).join(', ')}`);
    },
  };
}

interface Setting {
  readonly hosts: readonly string[];
  readonly steps?: readonly ExecutableStep[];
  readonly policy?: Partial<RolloutPolicy>;
  readonly fails?: (host: string, call: string) => boolean;
  readonly stopping?: AbortSignal;
  readonly pauseMs?: number;
  /** Settles when a call has taken its time. */
  readonly takes?: (label: string) => Promise<unknown>;
}

function rolloutOf(hosts: readonly string[]): RolloutHost[] {
  return hosts.map((host) => ({
    host,
    carriesMiner: false,
    interrupted: [{ before: ['PC1'], after: ['PC1'] }],
  }));
}

/** Hosts that were begun together, after everything before them had ended. */
function wavesIn(events: readonly ApplyEvent[]): string[][] {
  const waves: string[][] = [];
  const running = new Set<string>();
  let filling = false;
  for (const event of events) {
    if (event.event === 'host-started') {
      if (running.size === 0 || !filling) waves.push([]);
      filling = true;
      running.add(event.host);
      waves.at(-1)?.push(event.host);
    } else if (event.event === 'host-done') {
      filling = false;
      running.delete(event.host);
    }
  }
  return waves;
}

async function run(setting: Setting) {
  const log: string[] = [];
  const events: ApplyEvent[] = [];
  const rollout = rolloutOf(setting.hosts);
  const takes = setting.takes ?? (() => turn());
  const ports: ExecutionPorts = {
    host: (name) => Promise.resolve(scriptedPort(name, log, setting.fails ?? (() => false), takes)),
    now: () => 0,
    pause: async (ms) => {
      log.push(`pause ${ms}`);
      await takes('pause');
    },
    notify: (event) => events.push(event),
    stopping: setting.stopping ?? never,
    aborting: never,
  };
  const steps = new Map(setting.hosts.map((host) => [host, setting.steps ?? [work, clean]]));
  const result = await execute(
    {
      steps,
      rollout,
      policy: { ...policy, ...setting.policy },
      serving: { PC1: 99 },
      pauseMs: setting.pauseMs ?? 0,
    },
    ports,
  );
  return { result, log, events };
}

describe('carrying out a plan', () => {
  test('proves each host healthy before it takes away what could be gone back to', async () => {
    const { log } = await run({ hosts: ['a'] });
    expect(log).toEqual(['a look for room', 'a run', 'a gate', 'a run', 'a record done']);
  });

  test('interrupts nothing on a host that cannot take what would be written', async () => {
    const { result, log } = await run({ hosts: ['a'], fails: (_host, call) => call === 'look for room' });
    expect(log).toEqual(['a look for room', 'a record failed']);
    expect(result.failed[0]?.step).toBe('look whether files can be written');
  });

  test('begins no host after a failure and finishes those under way', async () => {
    const { result, log } = await run({
      hosts: ['a', 'b', 'c', 'd'],
      fails: (host, call) => host === 'a' && call === 'run',
    });
    expect(result.failed.map(({ host }) => host)).toEqual(['a']);
    expect(result.done).toEqual(['b']);
    expect(result.notStarted).toEqual(['c', 'd']);
    expect(log).toContain('a record failed');
  });

  test('takes a canary that fails its gate back to what it had, and touches no other host', async () => {
    const { result, log, events } = await run({
      hosts: ['a', 'canary'],
      policy: { canary: 'canary' },
      fails: (host, call) => host === 'canary' && call === 'gate',
    });
    expect(log).toEqual([
      'canary remember',
      'canary look for room',
      'canary run',
      'canary gate',
      'canary go back',
      'canary undoes work, clean',
      'canary record failed',
    ]);
    expect(events.map(({ event }) => event)).toContain('went-back');
    expect(result.notStarted).toEqual(['a']);
  });

  test('undoes nothing of a canary that it never began: a worker that waits for its tasks is not stopped', async () => {
    const wait: ExecutableStep = {
      title: 'wait',
      interrupts: true,
      on: 'worker',
      operation: { do: 'await-idle', timeoutMs: 1 },
    };
    const { log } = await run({
      hosts: ['canary'],
      steps: [wait, work],
      policy: { canary: 'canary' },
      fails: (_host, call) => call === 'worker',
    });
    expect(log.slice(-2)).toEqual(['canary undoes wait', 'canary record failed']);
  });

  test('says both what failed and that the way back failed too', async () => {
    const { result } = await run({
      hosts: ['c'],
      policy: { canary: 'c' },
      fails: (_host, call) => call === 'gate' || call === 'go back',
    });
    expect(result.failed[0]?.problems.map(({ summary }) => summary)).toEqual([
      'c gate failed',
      'c go back failed',
    ]);
  });

  test('ends after the running step when it is interrupted', async () => {
    const stop = new AbortController();
    const { result } = await run({
      hosts: ['a', 'b', 'c'],
      steps: [work, work, work],
      stopping: stop.signal,
      fails: () => {
        stop.abort();
        return false;
      },
    });
    expect(result.interrupted).toEqual([
      { host: 'a', stepsDone: 1, steps: 3 },
      { host: 'b', stepsDone: 1, steps: 3 },
    ]);
    expect(result.notStarted).toEqual(['c']);
  });

  test('begins no host once a step has failed, whatever ends while it waits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(0, 200),
        fc.array(fc.nat(8), { minLength: 1, maxLength: 3 }),
        async (scheduler, count, maxUnavailable, pauseMs, failing) => {
          const hosts = Array.from({ length: count }, (_, index) => `h${index}`);
          const { events } = await scheduler.waitFor(
            run({
              hosts,
              pauseMs,
              policy: { maxUnavailable },
              takes: (label) => scheduler.schedule(Promise.resolve(), label),
              fails: (host, call) => call === 'run' && failing.some((index) => host === `h${index}`),
            }),
          );
          const failed = events.findIndex(({ event }) => event === 'step-failed');
          const after = failed === -1 ? [] : events.slice(failed);
          expect(after.filter(({ event }) => event === 'host-started')).toEqual([]);
        },
      ),
    );
  });

  test('pauses once between the waves that the plan shows, and begins no host within one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        async (scheduler, count, maxUnavailable) => {
          const hosts = Array.from({ length: count }, (_, index) => `h${index}`);
          const { events, log } = await scheduler.waitFor(
            run({
              hosts,
              pauseMs: 200,
              policy: { maxUnavailable, canary: 'h1' },
              takes: (label) => scheduler.schedule(Promise.resolve(), label),
            }),
          );
          const shown = waves(rolloutOf(hosts), { ...policy, maxUnavailable, canary: 'h1' }, { PC1: 99 });
          expect(log.filter((line) => line === 'pause 200')).toHaveLength(shown.waves.length - 1);
          expect(wavesIn(events)).toEqual(shown.waves);
        },
      ),
    );
  });

  test('accounts for every host exactly once, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 8 }),
        fc.array(fc.tuple(fc.nat(8), fc.constantFrom('run', 'gate', 'record done')), { maxLength: 4 }),
        fc.integer({ min: 1, max: 3 }),
        async (count, failures, maxUnavailable) => {
          const hosts = Array.from({ length: count }, (_, index) => `h${index}`);
          const fails = (host: string, call: string) =>
            failures.some(([index, what]) => host === `h${index}` && call === what);
          const { result } = await run({ hosts, policy: { maxUnavailable }, fails });
          const all = [
            ...result.done,
            ...result.failed.map(({ host }) => host),
            ...result.interrupted.map(({ host }) => host),
            ...result.notStarted,
          ];
          expect(all.toSorted()).toEqual(hosts.toSorted());
        },
      ),
    );
  });

  test('never interrupts more hosts than the rollout allows, nor too many that offer a task, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.subarray(['PC1', 'PC2'] as const), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        fc.array(fc.nat(8), { maxLength: 3 }),
        async (fleet, maxUnavailable, keep, failing) => {
          const rollout = fleet.map((before, index): RolloutHost => ({
            host: `h${index}`,
            carriesMiner: false,
            interrupted: [{ before, after: before }],
          }));
          const serving = { PC2: fleet.filter((tasks) => tasks.includes('PC2')).length };
          const out = new Set<string>();
          const broken: string[] = [];
          const port = (host: string): HostPort => ({
            ...scriptedPort(
              host,
              [],
              (name, call) => call === 'gate' && failing.some((index) => name === `h${index}`),
            ),
            run: async () => {
              out.add(host);
              if (out.size > maxUnavailable) broken.push(`${out.size} hosts at once`);
              const lost = rollout.filter(
                (each) => out.has(each.host) && each.interrupted[0]?.before.includes('PC2') === true,
              ).length;
              if (lost > 0 && serving.PC2 - lost < keep) broken.push(`${serving.PC2 - lost} offer PC2`);
              await turn();
            },
            record: async () => {
              out.delete(host);
              await turn();
            },
          });
          await execute(
            {
              steps: new Map(rollout.map(({ host }) => [host, [work]])),
              rollout,
              policy: { ...policy, maxUnavailable, keepServing: { PC2: keep } },
              serving,
              pauseMs: 0,
            },
            {
              host: (name) => Promise.resolve(port(name)),
              now: () => 0,
              pause: () => Promise.resolve(),
              notify: () => undefined,
              stopping: never,
              aborting: never,
            },
          );
          expect(broken).toEqual([]);
        },
      ),
    );
  });
});
