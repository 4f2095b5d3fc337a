import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ApplyEvent } from '../../../src/sealctl/apply/executor/events.ts';
import { runRollout } from '../../../src/sealctl/apply/executor/run-rollout.ts';
import type { HostExecutor } from '../../../src/sealctl/apply/executor/ports.ts';
import { waves, type RolloutHost } from '../../../src/sealctl/plan/rollout/rollout.ts';
import { never, policy, rolloutOf, run, scriptedPort, work } from './scripted-hosts.ts';

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

describe('rolling a plan out', () => {
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

  describe('with workers that must keep serving', () => {
    const offering = (...labels: readonly string[]) =>
      labels.map((label) => ({ label, tasks: ['PC1'] as const }));
    const keepPc1 = { maxUnavailable: 3, keepServing: { PC1: 2 } };

    test('begins no more hosts than the workers allow that the miner lists now', async () => {
      const { log, events } = await run({
        hosts: ['a', 'b', 'c', 'd'],
        policy: keepPc1,
        workers: () => Promise.resolve(offering('a', 'b', 'c')),
      });
      const began = events.flatMap((event) => (event.event === 'host-started' ? [event.host] : []));
      // d has died since: it costs nothing to work on it, and it is nobody who serves.
      expect(began.slice(0, 2)).toEqual(['a', 'd']);
      expect(log.filter((line) => line.endsWith('record done'))).toHaveLength(4);
    });

    test('begins nothing that interrupts while the miner cannot be asked, and says why', async () => {
      const { result, events, log } = await run({
        hosts: ['a', 'b', 'harmless'],
        rollout: [...rolloutOf(['a', 'b']), { host: 'harmless', carriesMiner: false, interrupted: [] }],
        policy: keepPc1,
        workers: () => Promise.reject(new Error('connection refused')),
      });
      expect(result).toMatchObject({ done: ['harmless'], notStarted: ['a', 'b'] });
      const because = 'the miner does not list its workers: connection refused';
      expect(events.filter((event) => 'waiting' in event)).toEqual([
        { event: 'rollout-waits', because, waiting: ['a', 'b'] },
        { event: 'no-new-hosts', because, waiting: ['a', 'b'] },
      ]);
      expect(log.filter((line) => line === 'pause 5000')).toHaveLength(24);
    });

    test('goes on when the miner lists enough workers again', async () => {
      let asked = 0;
      const { result } = await run({
        hosts: ['a'],
        policy: keepPc1,
        workers: () => Promise.resolve((asked += 1) < 3 ? offering('a', 'b') : offering('a', 'b', 'c')),
      });
      expect(result.done).toEqual(['a']);
    });

    test('restarts a miner that does not answer', async () => {
      const { result } = await run({
        hosts: ['m'],
        rollout: [{ host: 'm', carriesMiner: true, interrupted: [{ before: [], after: [] }] }],
        policy: keepPc1,
        workers: () => Promise.reject(new Error('it hangs')),
      });
      expect(result.done).toEqual(['m']);
    });

    test('never leaves fewer than that when workers die meanwhile', async () => {
      const hosts = Array.from({ length: 8 }, (_, index) => `h${index}`);
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          fc.integer({ min: 1, max: 4 }),
          fc.integer({ min: 1, max: 6 }),
          fc.array(fc.option(fc.constantFrom(...hosts)), { maxLength: 8 }),
          async (scheduler, maxUnavailable, keep, deaths) => {
            const dying = [...deaths];
            const dead = new Set<string | null>();
            const out = new Set<string>();
            const broken: string[] = [];
            const notify = (event: ApplyEvent) => {
              if (event.event === 'host-done') out.delete(event.host);
              if (event.event !== 'host-started') return;
              out.add(event.host);
              const left = hosts.filter((host) => !dead.has(host) && !out.has(host)).length;
              if (left < keep && !dead.has(event.host)) broken.push(`${event.host} leaves ${left}`);
            };
            await scheduler.waitFor(
              run({
                hosts,
                policy: { maxUnavailable, keepServing: { PC1: keep } },
                takes: (label) => scheduler.schedule(Promise.resolve(), label),
                notify,
                workers: async () => {
                  await scheduler.schedule(Promise.resolve(), 'WorkerStats');
                  dead.add(dying.pop() ?? null);
                  return offering(...hosts.filter((host) => !dead.has(host)));
                },
              }),
            );
            expect(broken).toEqual([]);
          },
        ),
      );
    });
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
            interrupted: [{ label: `h${index}`, before, after: before }],
          }));
          const serving = { PC2: fleet.filter((tasks) => tasks.includes('PC2')).length };
          const out = new Set<string>();
          const broken: string[] = [];
          const port = (host: string): HostExecutor => ({
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
          await runRollout(
            {
              steps: new Map(rollout.map(({ host }) => [host, [work]])),
              rollout,
              policy: { ...policy, maxUnavailable, keepServing: { PC2: keep } },
              serving,
              pauseMs: 0,
            },
            {
              host: (name) => Promise.resolve(port(name)),
              workers: () => Promise.resolve(fleet.map((tasks, index) => ({ label: `h${index}`, tasks }))),
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
