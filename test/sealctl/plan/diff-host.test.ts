import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../../src/core/problem/problem.ts';
import type { HostFacts, ManifestEntry, ServiceFact } from '../../../src/sealctl/host/probe/facts.ts';
import type { DaemonRef, DiffContext, Kind, Resource } from '../../../src/sealctl/model/kind.ts';
import type { ObservedWorker } from '../../../src/sealctl/model/observed.ts';
import {
  daemonOfId,
  diffHost,
  observedService,
  sameDaemon,
} from '../../../src/sealctl/plan/diff/diff-host.ts';

const nothing = { action: 'none', fields: [], findings: [], steps: [] } as const;
const removal = { ...nothing, action: 'delete' } as const;
const miner: DaemonRef = { role: 'miner' };
const pc1: DaemonRef = { role: 'worker', name: 'pc1' };
const pc2: DaemonRef = { role: 'worker', name: 'pc2' };
const worker: ObservedWorker = { session: 's', label: 'l', tasks: [], paths: [], enabled: true };

const resource = (id: string, daemon?: DaemonRef, kind = 'thing'): Resource => ({
  kind,
  id,
  host: 'h',
  ...(daemon === undefined ? {} : { daemon }),
  desired: {},
  origins: {},
});
const entry = (id: string, changes: Partial<ManifestEntry> = {}): ManifestEntry => ({
  id,
  kind: 'thing',
  path: `/etc/${id}`,
  sha256: '-',
  ...changes,
});

/** Facts that only the manifest and services are read of. */
const factsOf = (manifest: readonly ManifestEntry[], services: HostFacts['services'] = new Map()) =>
  ({ manifest, services }) as HostFacts;

/** A host compared by a kind that finds no difference, and the contexts in which it was asked. */
function compared(
  resources: readonly Resource[],
  manifest: readonly ManifestEntry[],
  workers: ReadonlyMap<string, ObservedWorker> = new Map(),
) {
  const asked: DiffContext[] = [];
  const thing: Kind<unknown> = {
    name: 'thing',
    probe: () => [],
    diff: (_, context) => {
      asked.push(context);
      return nothing;
    },
    probeOwned: () => [],
    remove: () => removal,
  };
  const facts = factsOf(manifest);
  const input = {
    host: 'h',
    resources,
    observed: { reachable: true, facts, workers },
    miner: { unreachable: 'it is off' },
    secrets: new Map(),
  } as const;
  return { differences: diffHost(input, new Map([['thing', thing]])), asked, facts };
}

const owned = (...args: Parameters<typeof compared>) => compared(...args).asked.map((each) => each.owned?.id);
const differing = (...args: Parameters<typeof compared>) =>
  compared(...args).differences.map(({ id, difference }) => `${difference.action} ${id}`);

describe('the comparison of a host', () => {
  it('has wanted resources in their order, and then what is owned and no longer wanted', () => {
    const resources = [resource('h/limits'), resource('h/worker/pc1/env', pc1)];
    expect(compared(resources, [entry('h/worker/old/env'), entry('h/limits')]).differences).toEqual([
      { id: 'h/limits', kind: 'thing', daemon: undefined, difference: nothing, origins: {} },
      { id: 'h/worker/pc1/env', kind: 'thing', daemon: pc1, difference: nothing, origins: {} },
      {
        id: 'h/worker/old/env',
        kind: 'thing',
        daemon: { role: 'worker', name: 'old' },
        difference: removal,
        origins: {},
      },
    ]);
  });

  it('shows each resource what the manifest lists of it, in whatever order that was written', () => {
    const resources = [resource('h/a'), resource('h/b'), resource('h/c'), resource('h/d')];
    expect(owned(resources, [entry('h/c'), entry('h/d'), entry('h/a')])).toEqual([
      'h/a',
      undefined,
      'h/c',
      'h/d',
    ]);
    expect(owned(resources, [])).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("shows each resource the answer of its own worker, and no worker's answer to any other", () => {
    const resources = [
      resource('h/worker/pc1/env', pc1),
      resource('h/worker/pc2/env', pc2),
      resource('h/m', miner),
    ];
    const { asked, facts } = compared(resources, [], new Map([['pc1', worker]]));
    const seen = { facts, miner: { unreachable: 'it is off' }, secrets: new Map(), owned: undefined };
    expect(asked).toStrictEqual([{ ...seen, worker }, seen, seen]);
  });

  it('removes what is no longer wanted while as many new things are missing', () => {
    expect(differing([resource('h/a'), resource('h/new')], [entry('h/a'), entry('h/old')])).toEqual([
      'none h/a',
      'none h/new',
      'delete h/old',
    ]);
  });

  it('takes what was written under a former name of the host for the same things', () => {
    const { differences, asked } = compared(
      [resource('h/worker/pc1/env', pc1)],
      [entry('old/worker/pc1/env', { note: 'n' })],
    );
    expect(asked.map((each) => each.owned?.id)).toEqual(['old/worker/pc1/env']);
    expect(differences).toEqual([
      {
        id: 'h/worker/pc1/env',
        kind: 'thing',
        daemon: pc1,
        origins: {},
        difference: {
          action: 'update',
          fields: [
            {
              field: 'id',
              before: { show: 'value', value: 'old/worker/pc1/env' },
              after: { show: 'value', value: 'h/worker/pc1/env' },
              class: 'live',
              cause: 'change',
              reason: 'the host was renamed in cluster.yaml',
            },
          ],
          findings: [],
          steps: [
            {
              title: 'record /etc/old/worker/pc1/env under its new name',
              phase: 'prepare',
              on: 'host',
              operation: {
                do: 'manifest',
                record: [entry('h/worker/pc1/env', { path: '/etc/old/worker/pc1/env', note: 'n' })],
                forget: ['old/worker/pc1/env'],
              },
            },
          ],
        },
      },
      { id: 'h/worker/pc1/env', kind: 'thing', daemon: pc1, difference: nothing, origins: {} },
    ]);
  });

  it('removes things under a former name that exist under the new one, or that nobody wants', () => {
    const manifest = [entry('h/limits'), entry('old/limits'), entry('old/logs')];
    expect(differing([resource('h/limits'), resource('h/env')], manifest)).toEqual([
      'none h/limits',
      'none h/env',
      'delete old/limits',
      'delete old/logs',
    ]);
  });

  it('refuses a manifest that lists a kind this version does not have', () => {
    const thrown = thrownBy(() => compared([], [entry('h/x', { kind: 'gpu-clock' })]));
    expect(thrown).toBeInstanceOf(ProblemError);
    expect(thrown).toMatchObject({
      problems: [
        {
          code: 'unknown-kind',
          severity: 'error',
          summary: "the host's manifest lists a resource of the unknown kind gpu-clock",
          why: 'a newer sealctl manages this host',
          fix: 'use that version of sealctl, or a newer one',
        },
      ],
    });
  });
});

describe('the daemon of an id', () => {
  it('is the miner or a worker by its name, and none for what belongs to the host', () => {
    const daemons = ['h/miner/config', 'h/worker/pc1/env', 'h/limits', 'h/storage/pc1', 'h/worker'].map(
      daemonOfId,
    );
    expect(daemons).toEqual([miner, pc1, undefined, undefined, undefined]);
  });
});

describe('two references', () => {
  it('name the same daemon when both are the miner or workers of one name', () => {
    const all = [miner, pc1, pc2];
    expect(all.map((a) => all.map((b) => sameDaemon(a, b)))).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ]);
  });
});

describe('the service of a daemon as it was found', () => {
  /** Asks for a link beside the service, as the real kind does. */
  const service: Kind<unknown> = {
    name: 'service',
    probe: ({ id }) => [
      { ask: 'file', path: '/link', content: false },
      { ask: 'service', manager: 'systemd', name: id },
    ],
    diff: () => nothing,
    probeOwned: ({ path }) => [{ ask: 'service', manager: 'supervisor', name: path }],
    remove: () => nothing,
  };
  const kinds = new Map([['service', service]]);
  const running = { process: { pid: 7 } } as ServiceFact;
  const stopped = { state: 'inactive' } as ServiceFact;
  const find = (daemon: DaemonRef, resources: readonly Resource[], facts: HostFacts) =>
    observedService(daemon, facts, resources, kinds);
  const wanted = [
    resource('limits'),
    resource('pc1-env', pc1),
    resource('pc2', pc2, 'service'),
    resource('pc1', pc1, 'service'),
  ];
  const remembered = [
    entry('h/worker/pc1/env'),
    entry('h/exporter/service', { kind: 'service', path: 'exporter' }),
    entry('h/worker/pc2/service', { kind: 'service', path: 'old-pc2' }),
    entry('h/worker/pc1/service', { kind: 'service', path: 'old-pc1' }),
  ];

  it('is the one cluster.yaml wants, even where the manifest remembers another', () => {
    const services = new Map([
      ['service pc1', running],
      ['service old-pc1', stopped],
    ]);
    expect(find(pc1, wanted, factsOf(remembered, services))).toEqual({
      manager: 'systemd',
      name: 'pc1',
      running: true,
    });
  });

  it('is the one of the manifest where cluster.yaml wants none', () => {
    expect(find(pc1, [], factsOf(remembered, new Map([['service old-pc1', running]])))).toEqual({
      manager: 'supervisor',
      name: 'old-pc1',
      running: true,
    });
  });

  it('does not run without a process, or where nobody was asked for it', () => {
    const found = (services: HostFacts['services']) => find(pc1, wanted, factsOf([], services))?.running;
    expect(found(new Map([['service pc1', stopped]]))).toBe(false);
    expect(found(new Map())).toBe(false);
  });

  it('is none where neither has one', () => {
    expect(find(miner, wanted, factsOf(remembered))).toBeUndefined();
  });
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}
