import { describe, expect, it } from 'vitest';
import { decide, type Decision } from '../../../../src/daemons/miner/schedule/decide.ts';
import { reasonText } from '../../../../src/daemons/miner/schedule/reason.ts';
import { files, GiB, limit, path, policy, running, snapshot, task, worker } from './cluster.ts';

const pairs = ({ assignments }: Decision): string[] =>
  assignments.map(({ taskId, workerId }) => `${taskId}@${workerId}`);
const why = (decision: Decision, taskId: string): string[] =>
  decision.explain(taskId).map(({ worker: name, reason }) => `${name}: ${reasonText(reason)}`);

const layers = files('cache', 'sealed');
const pc1 = (change = {}) =>
  task('PC1', {
    need: { kind: 'allocate', files: layers, use: 'sealing' },
    locks: { reads: 1, writes: 6 },
    ...change,
  });
const pc2 = (change = {}) =>
  task('PC2', {
    need: { kind: 'holder', files: layers, fetchable: true },
    fetch: { files: layers, use: 'sealing', mode: 'move' },
    locks: { reads: 2, writes: 4 },
    ...change,
  });

describe('which task goes first', () => {
  const one = worker('a', { limits: { ...limit('PC1', 1), ...limit('C2', 1), ...limit('AP', 1) } });
  const order = (...queue: ReturnType<typeof task>[]): string[] => {
    const decision = decide(snapshot([one], queue), policy);
    return decision.assignments.map(({ taskId }) => queue.find(({ id }) => id === taskId)?.task ?? '');
  };

  it('a later phase goes before an earlier one', () => {
    expect(order(task('AP'), pc1(), task('C2'))[0]).toBe('C2');
  });
  it('data goes before capacity, even in an early phase', () => {
    expect(order(task('C2'), task('AP', { priority: 1024 }))[0]).toBe('AP');
  });
  it('finalizing and fetching go before any priority', () => {
    expect(order(task('AP', { priority: 1024 }), task('FIN'))[0]).toBe('FIN');
  });
  it('the smaller sector number goes first among equals', () => {
    const [first, second] = [pc1(), pc1()];
    expect(pairs(decide(snapshot([one], [second, first]), policy))).toEqual([`${first.id}@a`]);
  });
  it('a task that waited beyond the patience goes first', () => {
    const old = pc1({ queuedAt: 0 });
    const fresh = pc1({ queuedAt: policy.patienceMs, priority: 1024 });
    const now = policy.patienceMs + 1;
    expect(
      pairs(
        decide(snapshot([one], [fresh, old], { now, paths: [{ ...path('path-a'), heardAt: now }] }), policy),
      ),
    ).toEqual([`${old.id}@a`]);
  });
});

describe('limits', () => {
  it('limits count preparation and execution, per task type', () => {
    const busy = worker('a', {
      limits: limit('PC1', 2),
      active: [running(pc1(), { stage: 'preparing' }), running(pc1())],
    });
    const waits = pc1();
    const other = task('AP');
    const decision = decide(snapshot([busy], [waits, other]), policy);
    expect(pairs(decision)).toEqual([`${other.id}@a`]);
    expect(why(decision, waits.id)).toEqual(['a: PC1 is at its limit of 2']);
  });

  it('the limit of GET holds for tasks whose files are fetched first', () => {
    const fetching = worker('a', {
      limits: limit('GET', 1),
      active: [running(pc2(), { stage: 'preparing' })],
    });
    const waits = pc2();
    const decision = decide(
      snapshot([fetching], [waits], {
        holders: { [waits.sector.Number]: [{ path: 'path-a', files: layers }] },
      }),
      policy,
    );
    expect(why(decision, waits.id)).toEqual(['a: GET is at its limit of 1']);
  });

  it('the reason for a lack of memory tells a machine that is too small from one that is busy', () => {
    const small = worker('small');
    const tiny = {
      ...small,
      info: { ...small.info, Resources: { ...small.info.Resources, MemPhysical: 32 * GiB } },
    };
    const half = worker('half');
    const full = {
      ...half,
      info: { ...half.info, Resources: { ...half.info.Resources, MemPhysical: 100 * GiB } },
      active: [running(pc1())],
    };
    const waits = pc1();
    expect(why(decide(snapshot([tiny, full], [waits]), policy), waits.id)).toEqual([
      'small: needs 56.01 GiB of memory; the machine has 32 GiB of memory in all',
      'half: needs 56.01 GiB of memory; 44 GiB of memory free now',
    ]);
  });

  it('a machine that is too small in one resource is not kept free while it is busy in another', () => {
    // A C2 starts with 62 GiB, of which 61 GiB are free now, and takes up to 182 GiB.
    const base = worker('a', { active: [running(pc1())] });
    const Resources = { ...base.info.Resources, MemPhysical: 117 * GiB };
    const small = { ...base, info: { ...base.info, Resources } };
    const old = task('C2', { queuedAt: 0 });
    const now = policy.patienceMs + 1;
    const decision = decide(snapshot([small], [old, task('AP', { queuedAt: now })], { now }), policy);
    expect(why(decision, old.id)).toEqual([
      'a: needs 182 GiB of memory with swap; the machine has 117 GiB of memory with swap in all',
    ]);
    expect(decision.assignments).toHaveLength(1);
  });

  it('an overcommitted machine is given no task', () => {
    const over = worker('a', { active: Array.from({ length: 12 }, () => running(pc1())) });
    expect(decide(snapshot([over], [pc1()]), policy).assignments).toEqual([]);
  });

  it('GPUs are counted where there are GPUs, and threads where there are none', () => {
    const bare = worker('a');
    const noGpu = { ...bare, info: { ...bare.info, Resources: { ...bare.info.Resources, GPUs: null } } };
    const [first, second] = [task('C2'), task('C2')];
    expect(pairs(decide(snapshot([noGpu], [first, second]), policy))).toHaveLength(1);
    expect(pairs(decide(snapshot([bare], [first, second, task('C2')]), policy))).toHaveLength(2);
  });
});

describe('a task that finds no worker', () => {
  it('a task without a worker does not keep other tasks from their workers', () => {
    const single = worker('a', { limits: limit('C2', 1), active: [running(task('C2'))] });
    const [blocked, free] = [task('C2'), pc1()];
    expect(pairs(decide(snapshot([single], [blocked, free]), policy))).toEqual([`${free.id}@a`]);
  });

  it('a worker is reserved for a task once its patience is over', () => {
    const old = task('C2', { queuedAt: 0 });
    const small = worker('a', { active: [{ ...running(pc1()), endsAt: 9e6 }] });
    const tight = {
      ...small,
      info: { ...small.info, Resources: { ...small.info.Resources, MemPhysical: 200 * GiB, MemSwap: 0 } },
    };
    const young = pc1({ queuedAt: policy.patienceMs });
    const now = policy.patienceMs + 1;
    const paths = [{ ...path('path-a'), heardAt: now }];
    const decision = decide(snapshot([tight], [young, old], { now, paths }), policy);
    expect(decision.assignments).toEqual([]);
    expect(why(decision, young.id)).toEqual([`a: kept free for task ${old.id}, which has waited too long`]);
  });

  it('a task pauses after a failure, and waits for files that another task uses', () => {
    const paused = pc1({ notBefore: 5_000 });
    const active = pc1();
    const second = pc1({ sector: active.sector });
    const decision = decide(snapshot([worker('a', { active: [running(active)] })], [paused, second]), policy);
    expect(why(decision, paused.id)).toEqual(['a: tried again in 5s, after a failure']);
    expect(why(decision, second.id)).toEqual([`a: task ${active.id} uses the same files of the sector`]);
  });

  it('a waiting task names workers that are disabled or do not take its type', () => {
    const waits = pc1();
    const workers = [worker('off', { enabled: false }), worker('other', { tasks: new Set(['C2'] as const) })];
    expect(why(decide(snapshot(workers, [waits]), policy), waits.id)).toEqual([
      'off: the worker is disabled or does not answer',
      'other: the worker does not take PC1',
    ]);
  });
});

describe('where the files are', () => {
  const held = (queued: { sector: { Number: number } }, at: string, mask = layers) => ({
    [queued.sector.Number]: [{ path: at, files: mask }],
  });

  it('a task goes where its files are, as long as there is space', () => {
    const waits = pc2();
    const workers = [worker('a'), worker('b', { active: [running(pc1())] })];
    const [assignment] = decide(
      snapshot(workers, [waits], { holders: held(waits, 'path-b') }),
      policy,
    ).assignments;
    expect(assignment).toMatchObject({ workerId: 'b', moveBytes: 0, moveMs: 0 });
  });

  it('a task waits for the holder of its files while that costs less than the move, and moves when it costs more', () => {
    const waits = pc2();
    const busyUntil = (endsAt: number) =>
      worker('b', { limits: limit('PC2', 1), active: [running(pc2(), { endsAt })] });
    const moveMs = ((15.1 * 32 * GiB) / policy.bytesPerSecond) * 1000;
    const soon = decide(
      snapshot([worker('a'), busyUntil(moveMs / 2)], [waits], { holders: held(waits, 'path-b') }),
      policy,
    );
    expect(soon.assignments).toEqual([]);
    expect(why(soon, waits.id)[0]).toMatch(/^a: the files are on b: waiting there about 41m/);
    const late = decide(
      snapshot([worker('a'), busyUntil(moveMs * 2)], [waits], { holders: held(waits, 'path-b') }),
      policy,
    );
    expect(late.assignments[0]).toMatchObject({ workerId: 'a' });
    expect(late.assignments[0]?.moveMs).toBeCloseTo(moveMs, -3);
  });

  it('a task waits for a holder with new tasks of this cycle while they end before the move would', () => {
    const holder = worker('b', { limits: limit('PC2', 1) });
    const [first, second] = [pc2({ lasts: 60_000 }), pc2()];
    const holders = { ...held(first, 'path-b'), ...held(second, 'path-b') };
    const decision = decide(snapshot([worker('a'), holder], [first, second], { holders }), policy);
    expect(pairs(decision)).toEqual([`${first.id}@b`]);
    expect(why(decision, second.id)[0]).toMatch(/^a: the files are on b: waiting there about 1m0s/);
  });

  it('a task waits for an avoided holder only if the avoidance is shorter than the move', () => {
    const workers = [worker('a'), worker('b')];
    const avoiding = (until?: number) =>
      pc2({ avoid: [{ worker: 'b', ...(until === undefined ? {} : { until }) }] });
    const placed = (waits: ReturnType<typeof pc2>): string[] =>
      pairs(decide(snapshot(workers, [waits], { holders: held(waits, 'path-b') }), policy));
    expect(placed(avoiding(15_000))).toEqual([]);
    const [long, lost] = [avoiding(1e9), avoiding()];
    expect(placed(long)).toEqual([`${long.id}@a`]);
    expect(placed(lost)).toEqual([`${lost.id}@a`]);
  });

  it('only groups that the holder allows may fetch', () => {
    const waits = pc2();
    const full = worker('b', { limits: limit('PC2', 1), active: [running(pc2())] });
    const paths = [
      path('path-a', { Groups: ['red'] }),
      path('path-b', { Groups: ['blue'], AllowTo: ['blue'] }),
      path('path-c', { Groups: ['blue'] }),
    ];
    const at = { holders: held(waits, 'path-b'), paths };
    const none = decide(snapshot([worker('a'), full], [waits], at), policy);
    expect(none.assignments).toEqual([]);
    expect(why(none, waits.id)[0]).toBe('a: outside the storage groups that may fetch the files: blue');
    const some = decide(snapshot([worker('a'), full, worker('c')], [waits], at), policy);
    expect(some.assignments[0]).toMatchObject({ workerId: 'c' });
  });

  it('files that are held nowhere can be fetched nowhere', () => {
    const waits = pc2();
    expect(why(decide(snapshot([worker('a')], [waits]), policy), waits.id)).toEqual([
      'a: the files of the sector are not there and may not be fetched for this task',
    ]);
  });

  it('a C1 stays with its cache', () => {
    const c1 = task('C1', { need: { kind: 'holder', files: layers, fetchable: false } });
    const decision = decide(
      snapshot([worker('a'), worker('b')], [c1], { holders: held(c1, 'path-b') }),
      policy,
    );
    expect(pairs(decision)).toEqual([`${c1.id}@b`]);
  });

  it('finalized files move to a storage path, at best of the same worker', () => {
    const move = task('GET', {
      need: { kind: 'move', files: layers },
      fetch: { files: layers, use: 'storage', mode: 'move' },
    });
    const store = (id: string) => path(id, { CanSeal: false, CanStore: true });
    const workers = [
      worker('a', { paths: ['path-a', 'store-a'] }),
      worker('b', { paths: ['path-b', 'store-b'] }),
      worker('c'),
    ];
    const paths = [path('path-a'), store('store-a'), path('path-b'), store('store-b'), path('path-c')];
    const both = decide(snapshot(workers, [move], { paths, holders: held(move, 'path-b') }), policy);
    expect(both.assignments[0]).toMatchObject({ workerId: 'b', reservations: [{ path: 'store-b' }] });
    const elsewhere = { paths, holders: held(move, 'path-c') };
    expect(decide(snapshot(workers, [move], elsewhere), policy).assignments[0]).toMatchObject({
      workerId: 'a',
    });
    expect(
      decide(snapshot(workers, [move], elsewhere), { ...policy, disallowRemoteFinalize: true }).assignments,
    ).toEqual([]);
  });
});

describe('assigners', () => {
  const spreadOver = (assigner: typeof policy.assigner): string[] => {
    const queue = Array.from({ length: 4 }, () => task('AP'));
    const workers = [worker('a'), worker('b', { active: [running(task('AP'))] })];
    return decide(snapshot(workers, queue), { ...policy, assigner }).assignments.map(
      ({ workerId }) => workerId,
    );
  };
  it('the utilization assigner fills workers, the spread assigner spreads the tasks of a cycle', () => {
    expect(spreadOver('utilization')).toEqual(['a', 'a', 'b', 'a']);
    expect(spreadOver('spread')).toEqual(['a', 'b', 'a', 'b']);
    expect(spreadOver('experiment-spread-qcount')).toEqual(['a', 'a', 'b', 'a']);
  });
});
