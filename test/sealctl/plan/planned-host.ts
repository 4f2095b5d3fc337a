import type { HostFacts } from '../../../src/sealctl/host/probe/facts.ts';
import { compile } from '../../../src/sealctl/kinds/compile.ts';
import { kinds } from '../../../src/sealctl/kinds/index.ts';
import type { DaemonRef, Difference } from '../../../src/sealctl/model/kind.ts';
import type { FieldChange } from '../../../src/sealctl/model/field-change.ts';
import type { ListedJob, ListedWorker, Observed } from '../../../src/sealctl/model/observed.ts';
import type { ResourceDifference } from '../../../src/sealctl/plan/diff/diff-host.ts';
import { planHost, type HostContext, type PlannedHost } from '../../../src/sealctl/plan/diff/plan-host.ts';
import { registrationsAt } from '../../../src/sealctl/plan/diff/registrations.ts';
import type { Spec } from '../../../src/sealctl/spec/spec.ts';
import type { ModelFleet } from '../model/fleet.ts';

/** What is otherwise on the host `h` than the model fleet has it. */
export interface Otherwise {
  readonly facts?: Partial<HostFacts>;
  readonly workers?: HostContext['found']['workers'];
  /** Running tasks by the label of their worker. */
  readonly jobs?: Readonly<Record<string, readonly ListedJob[]>>;
  readonly extra?: readonly ResourceDifference[];
  readonly removed?: boolean;
}

/** Plans the host `h` of a fleet, at 2026-11-02T08:00:00Z. */
export function plannedHost(fleet: ModelFleet, spec: Spec, otherwise: Otherwise = {}): PlannedHost {
  const observed = fleet.observe(spec);
  const found = observed.hosts.get('h');
  const host = spec.hosts.find(({ name }) => name === 'h');
  if (found?.reachable !== true || host === undefined) throw new Error('the fleet has no host h');
  const miner = withJobs(observed.miner, otherwise.jobs ?? {});
  const { removed = false, extra = [] } = otherwise;
  return planHost(
    { name: 'h', address: 'h.lab', ...(removed ? {} : { spec: host }) },
    {
      found: {
        reachable: true,
        facts: { ...found.facts, ...otherwise.facts },
        workers: otherwise.workers ?? found.workers,
      },
      resources: removed ? [] : (compile(spec).get('h') ?? []),
      miner,
      registered: registrationsAt(miner),
      secrets: fleet.secrets(),
      kinds,
      now: new Date('2026-11-02T08:00:00Z'),
      extraDifferences: extra,
    },
  );
}

/** A difference that no kind finds on its own. */
export function difference(
  changes: Partial<Difference>,
  {
    id = 'h/thing',
    daemon,
    origins = {},
  }: Partial<Pick<ResourceDifference, 'id' | 'daemon' | 'origins'>> = {},
): ResourceDifference {
  const update = { action: 'update', fields: [], findings: [], steps: [] } as const;
  return { id, kind: 'thing', daemon, origins, difference: { ...update, ...changes } };
}

/** A field whose value becomes known. */
export function field(name: string, changes: Partial<FieldChange> = {}): FieldChange {
  return {
    field: name,
    before: { show: 'value', value: null },
    after: { show: 'value', value: 'there' },
    class: 'live',
    cause: 'change',
    reason: 'for a reason',
    ...changes,
  };
}

/** The reference of the miner. */
export const minerRef: DaemonRef = { role: 'miner' };

function withJobs(miner: Observed['miner'], jobs: NonNullable<Otherwise['jobs']>): Observed['miner'] {
  if ('unreachable' in miner) return miner;
  const workers = [...miner.workers].map(
    ([session, worker]) => [session, { ...worker, jobs: jobs[worker.label] ?? [] }] as [string, ListedWorker],
  );
  return { ...miner, workers: new Map(workers) };
}
