import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readJournals } from '../../../src/sealctl/apply/journal/journal.ts';
import { digestOf } from '../../../src/sealctl/plan/diff/digest.ts';
import { applyAt, newPlace, secret, when, type ApplySetting, type Place } from './local-apply.ts';
import { policy, work } from './scripted-hosts.ts';

let place: Place;
beforeEach(() => {
  place = newPlace();
});
afterEach(() => rmSync(place.directory, { recursive: true }));

const apply = (setting: ApplySetting = {}) => applyAt(place, setting);
const problem = (host: string, summary: string) => ({
  code: 'step-failed',
  severity: 'error',
  summary,
  where: { in: 'host', host },
});

describe('an apply', () => {
  test('holds the lock while it works, and releases it', async () => {
    const held: unknown[] = [];
    const { notices } = await apply({
      run: () => Promise.resolve(void held.push(JSON.parse(readFileSync(place.lockFile, 'utf8')))),
    });
    const lock = { id: 'first', who: 'ana@desk', operation: 'apply', since: when };
    expect(held).toEqual([lock, lock]);
    expect(existsSync(place.lockFile)).toBe(false);
    expect(notices).toEqual([]);
  });

  test('is written into the journal from its beginning to its result, without any secret', async () => {
    const { result, events } = await apply();
    expect(result).toEqual({ done: ['a', 'b'], failed: [], notStarted: [], interrupted: [] });
    const head = {
      when,
      who: 'ana@desk',
      operation: 'apply',
      cluster: 'lab',
      hosts: ['a', 'b'],
      version: '1.2.3',
    };
    expect(readJournals(place.journals, 9)).toMatchObject([{ head, result }]);
    const [file = ''] = readdirSync(place.journals);
    const text = readFileSync(join(place.journals, file), 'utf8');
    expect(text).toContain('"event":"host-started","host":"a","steps":1');
    expect(text + JSON.stringify(events)).not.toContain(secret);
    const progress = events.filter(({ event }) => event === 'step-progress');
    expect(progress).toHaveLength(2);
  });

  test('says in the history of each host who did what, and by which steps', async () => {
    const { options } = await apply();
    const { plan, ...startedBy } = options?.startedBy ?? { plan: () => '' };
    expect(startedBy).toEqual({ who: 'ana@desk', operation: 'apply', when });
    expect(plan('a')).toBe(digestOf([work]).slice(0, 12));
    expect(plan('elsewhere')).toBe(digestOf([]).slice(0, 12));
  });

  test('pauses between waves as cluster.yaml says', async () => {
    const { log } = await apply();
    expect(log.filter((line) => line.startsWith('pause'))).toEqual(['pause 7']);
  });

  test('writes the revision that it has applied into the inventory', async () => {
    const { written, abort } = await apply();
    expect(written.map(({ operation }) => operation)).toEqual([
      { do: 'write-inventory', inventory: { revision: 'new', hosts: [] } },
    ]);
    expect(written[0]?.context.signal).toBe(abort.signal);
    written[0]?.context.progress('is not shown');
  });

  test.each<[string, ApplySetting]>([
    ['a host failed', { fails: (host, call) => host === 'b' && call === 'run' }],
    ['a host failed and another did not start', { fails: (host, call) => host === 'a' && call === 'run' }],
    [
      'a host failed and another was interrupted',
      {
        request: { policy, steps: new Map(['a', 'b'].map((host) => [host, [work, work]])) },
        fails: (host, call) => host === 'a' && call === 'run',
        run: (_host, { stop }) => Promise.resolve(stop.abort()),
      },
    ],
    ['a host did not start', { run: (_host, { stop }) => Promise.resolve(stop.abort()) }],
  ])('leaves the revision as it was when %s', async (_what, setting) => {
    const { written, result } = await apply(setting);
    expect(result.done).not.toEqual(['a', 'b']);
    expect(written).toEqual([]);
  });

  test('reports failures without any secret', async () => {
    const { result } = await apply({ fails: (host, call) => host === 'a' && call === 'run' });
    expect(result.failed).toEqual([
      { host: 'a', step: 'work', problems: [problem('a', '******** is wrong')] },
    ]);
  });

  test('that could not update the inventory says so beside everything else', async () => {
    const probe = () => Promise.reject(new Error(`lost with ${secret}`));
    const { result } = await apply({ probe });
    expect(result).toEqual({
      done: ['a', 'b'],
      failed: [
        {
          host: 'miner-1',
          step: 'update the inventory',
          problems: [problem('miner-1', 'lost with ********')],
        },
      ],
      notStarted: [],
      interrupted: [],
    });
    expect(readJournals(place.journals, 1)).toMatchObject([{ result }]);
  });

  test('changes nothing when the plan is out of date, and releases the lock', async () => {
    const confirm = () => {
      expect(existsSync(place.lockFile)).toBe(true);
      return Promise.reject(new Error('the plan is out of date'));
    };
    await expect(apply({ request: { confirm } })).rejects.toThrow('the plan is out of date');
    expect(existsSync(place.lockFile)).toBe(false);
    expect(existsSync(place.journals)).toBe(false);
  });

  test('does not begin while another holds the lock, unless it breaks it', async () => {
    let refused: unknown;
    let second: Awaited<ReturnType<typeof apply>> | undefined;
    await apply({
      run: async (host) => {
        if (host !== 'a') return;
        refused = await apply({ id: 'second' }).catch((thrown: unknown) => thrown);
        second = await apply({ id: 'third', request: { breakLock: true } });
      },
    });
    expect(refused).toMatchObject({ problems: [{ code: 'cluster-locked' }] });
    expect(second?.result.done).toEqual(['a', 'b']);
    expect(second?.notices).toEqual([
      expect.stringMatching(/^took over the lock of ana@desk \(apply, since .*\), not renewed for \d+ s$/),
    ]);
  });

  test('stops when its lock is lost, and leaves the inventory to the new holder', async () => {
    const { result, written } = await apply({
      run: async (_host, { options, beat }) => {
        rmSync(place.lockFile);
        const stopped = once(options.stopping, 'abort');
        beat();
        await stopped;
      },
    });
    expect(result).toMatchObject({
      done: ['a'],
      failed: [
        {
          host: 'miner-1',
          step: 'keep the cluster lock',
          problems: [{ code: 'cluster-lock-lost' }],
        },
      ],
      notStarted: ['b'],
    });
    expect(written).toEqual([]);
  });

  test('needs a host for the miner', async () => {
    const { spec } = place;
    const without = { ...place, spec: { ...spec, miner: { ...spec.miner, host: 'gone' } } };
    await expect(applyAt(without)).rejects.toMatchObject({
      problems: [
        {
          code: 'no-miner-host',
          severity: 'error',
          summary: 'cluster.yaml has no host gone for the miner',
          fix: 'add it under hosts: it stores the cluster lock and the inventory',
        },
      ],
    });
  });
});
