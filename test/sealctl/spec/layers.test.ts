import { describe, expect, it } from 'vitest';
import { clusterOf, specOf, told, workerIn } from './loading.ts';

const layered = clusterOf(`
taskSets:
  prove: {tasks: [C2], limits: {C2: 3, GET: 5}, env: {FROM: task set, SET: "1"}}
profiles:
  big: {limits: {C2: 4}, env: {FROM: profile, PROFILE: "1"}, drainTimeout: 2h, ulimits: {nofile: 200000}}
defaults: {release: r1, limits: {C2: 2, GET: 2, PC1: 9}, env: {FROM: defaults, DEFAULT: "1"}, drainTimeout: 1h}
hosts:
  m: {}
  plain: {tasks: prove}
  host: {tasks: prove, profile: big, env: {FROM: host}, ssh: {user: a}, listen: 10.0.0.5:1000}
  several:
    profile: big
    tasks: prove
    gpus: []
    cpus: 0-1
    memory: 1GiB
    env: {FROM: host}
    workers:
      one: {env: {FROM: worker, DEFAULT: null}, limits: {GET: null}, cpus: 2-3}
      two: {listen: 10.0.0.6:3457, ulimits: {nofile: 300000}, tasks: []}
`);

describe('layers of cluster.yaml', () => {
  const spec = specOf(layered);

  it('a task set wins over defaults', () => {
    const { env, limits, drainTimeoutMs } = workerIn(spec, 'plain');
    expect(env).toEqual({ FROM: 'task set', SET: '1', DEFAULT: '1' });
    expect(limits).toEqual({ C2: 3, GET: 5 });
    expect(drainTimeoutMs).toBe(3_600_000);
  });

  it('a host that carries only the miner keeps as many releases as it says itself', () => {
    const { hosts } = specOf(
      clusterOf(
        'defaults: {release: r1, keepReleases: 3}\nhosts: {m: {keepReleases: 7}, w: {tasks: [C2]}}\n',
      ),
    );
    expect(
      hosts.map(({ name, keepReleases, origins }) => [name, keepReleases, origins['keepReleases']?.layer]),
    ).toEqual([
      ['m', 7, 'host'],
      ['w', 3, 'defaults'],
    ]);
  });

  it('a profile wins over a task set, a host over both', () => {
    const { env, limits, ulimits, listen } = workerIn(spec, 'host');
    expect(env).toEqual({ FROM: 'host', SET: '1', DEFAULT: '1', PROFILE: '1' });
    expect(limits).toEqual({ C2: 4, GET: 5 });
    expect(ulimits).toEqual({ nofile: 200_000 });
    expect(listen).toEqual({ host: '10.0.0.5', port: 1000 });
  });

  it('a worker wins over its host, and null takes an entry away', () => {
    const { env, limits, cpus } = workerIn(spec, 'several', 'one');
    expect(env).toEqual({ FROM: 'worker', SET: '1', PROFILE: '1' });
    expect(limits).toEqual({ C2: 4 });
    expect(cpus).toBe('2-3');
  });

  it('a list of tasks replaces the task set with all it brings', () => {
    const { env, tasks, ulimits } = workerIn(spec, 'several', 'two');
    expect(tasks).toEqual([]);
    expect(env).toEqual({ FROM: 'host', DEFAULT: '1', PROFILE: '1' });
    expect(ulimits).toEqual({ nofile: 300_000 });
  });

  it('a default for a task that a worker does not offer does not touch it', () => {
    expect(workerIn(spec, 'plain').limits).not.toHaveProperty('PC1');
  });

  it('every value knows its layer, its key and its line', () => {
    const { origins } = workerIn(spec, 'several', 'one');
    const shown = Object.fromEntries(
      Object.entries(origins).map(([key, origin]) => {
        const range = origin?.range;
        return [
          key,
          `${origin?.layer} ${origin?.path}${range === undefined ? '' : ` ${range.line}:${range.column}`}`,
        ];
      }),
    );
    expect(shown).toEqual({
      tasks: 'host hosts.several.tasks 20:5',
      release: 'defaults defaults.release 13:12',
      gpus: 'host hosts.several.gpus 21:5',
      cpus: 'worker hosts.several.workers.one.cpus 26:70',
      memory: 'host hosts.several.memory 23:5',
      drainTimeout: 'profile profiles.big.drainTimeout 12:62',
      'ulimits.nofile': 'profile profiles.big.ulimits.nofile 12:90',
      listen: 'built-in defaults.listen',
      repo: 'built-in defaults.repo',
      label: 'built-in defaults.label',
      'limits.C2': 'profile profiles.big.limits.C2 12:18',
      'env.FROM': 'worker hosts.several.workers.one.env.FROM 26:19',
      'env.SET': 'task set taskSets.prove.env.SET 10:71',
      'env.PROFILE': 'profile profiles.big.env.PROFILE 12:47',
    });
  });

  it('built-in values fill the rest', () => {
    const worker = workerIn(specOf(clusterOf('hosts: {m: {}, w: {release: r1, tasks: [C2]}}')), 'w');
    expect(worker).toMatchObject({
      label: 'w',
      name: 'main',
      listen: { host: '0.0.0.0', port: 3456 },
      repo: '/var/lib/sealctl/repos/main',
      ulimits: { nofile: 1_048_576 },
      drainTimeoutMs: 12 * 3_600_000,
      storage: [],
      args: [],
    });
    expect(worker).not.toHaveProperty('gpus');
  });

  it('a worker beside the miner is not called like the machine, as the worker in the miner is', () => {
    const spec = specOf(clusterOf('hosts: {m: {release: r1, tasks: [C2]}, w: {release: r1, tasks: [C2]}}'));
    expect([workerIn(spec, 'm').label, workerIn(spec, 'w').label]).toEqual(['m-main', 'w']);
  });

  it('a host with tasks of its own has a worker, one with only an address is idle, the miner needs none', () => {
    expect(told(clusterOf('hosts: {m: {}, w: {release: r1, tasks: [C2]}, idle: {}}'))).toEqual([
      'warning idle-host 8:47',
    ]);
  });

  it('tasks in the defaults give every host a worker but the miner', () => {
    const spec = specOf(clusterOf('defaults: {release: r1, tasks: [C2]}\nhosts: {m: {}, a: {}, b: {}}'));
    expect(spec.hosts.map((host) => host.workers.length)).toEqual([0, 1, 1]);
  });

  it('hosts stay in the order of the file, also when their names are numbers', () => {
    const spec = specOf(
      clusterOf('defaults: {release: r1, tasks: [C2]}\nhosts: {m: {}, "20": {}, b: {}, "3": {}}'),
    );
    expect(spec.hosts.map((host) => host.name)).toEqual(['m', '20', 'b', '3']);
  });
});
