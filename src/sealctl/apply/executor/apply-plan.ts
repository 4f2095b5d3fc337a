import type { Observation } from '../../observe/observe.ts';
import { digestOf } from '../../plan/diff/digest.ts';
import type { MadePlan } from '../../plan/make-plan.ts';
import type { ExecutableStep } from '../../model/plan.ts';
import { fail } from '@sealctl/core/problem/problem';
import type { Redactor } from '@sealctl/core/secret/redact';
import type { Spec } from '../../spec/spec.ts';
import { holdClusterLock } from '../lock/cluster-lock.ts';
import type { ApplyEvent, ApplyResult } from './events.ts';
import { runRollout } from './run-rollout.ts';
import type { Fleet } from '../fleet.ts';
import { openJournal } from '../journal/journal.ts';
import { updateInventory } from '../journal/update-inventory.ts';
import { problemsOf } from './run-host.ts';
import type { Clock } from '@sealctl/core/async/clock';

/** The steps of each host, the order and bounds of the rollout, and the name of the run. */
export interface ApplyRequest extends Pick<MadePlan, 'rollout' | 'policy' | 'serving'> {
  /** `apply`, `drain worker-3`. */
  readonly operation: string;
  readonly steps: ReadonlyMap<string, readonly ExecutableStep[]>;
  readonly observation: Observation;
  /** Called once the lock is held, when no other run can change the fleet. Rejects when the plan is out of date. */
  readonly confirm?: () => Promise<void>;
  /** Break a cluster lock of any holder. */
  readonly breakLock: boolean;
  /** Git revision of cluster.yaml, for work that applies all of it. */
  readonly revision?: string | undefined;
}

export interface ApplyContext {
  readonly spec: Spec;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly today: () => Date;
  readonly who: string;
  /** Random identity of this holder of the lock. */
  readonly id: string;
  readonly journals: string;
  /** Of this program, for the journal. */
  readonly version: string;
  readonly notify: (event: ApplyEvent) => void;
  readonly notice: (text: string) => void;
  /** Masks every secret of the cluster in all output and records. */
  readonly redactor: Redactor;
  readonly stopping: AbortSignal;
  readonly aborting: AbortSignal;
}

/** Takes the cluster lock, runs the rollout, records it on both sides, and releases the lock. */
export async function applyPlan(request: ApplyRequest, context: ApplyContext): Promise<ApplyResult> {
  const { spec, fleet, who, today, redactor } = context;
  const minerHost = spec.hosts.find(({ name }) => name === spec.miner.host);
  if (minerHost === undefined) throw noMinerHost(spec);
  const when = today().toISOString();
  const { operation } = request;
  const lock = await holdClusterLock(minerHost, () => fleet.connection(minerHost), {
    lock: { id: context.id, who, operation, since: when },
    force: request.breakLock,
    clock: context.clock,
    notice: context.notice,
  });
  try {
    await request.confirm?.();
    const hosts = request.rollout.map(({ host }) => host);
    const journal = openJournal(
      context.journals,
      { when, who, operation, cluster: spec.cluster, hosts, version: context.version },
      today,
      context.notice,
    );
    const ports = fleet.rolloutPorts({
      observation: request.observation,
      notify: (event) => {
        const redacted = redactor.data(event);
        journal.event(redacted);
        context.notify(redacted);
      },
      redactor,
      stopping: AbortSignal.any([context.stopping, lock.lost]),
      aborting: context.aborting,
      startedBy: {
        who,
        operation,
        when,
        plan: (host) => digestOf(request.steps.get(host) ?? []).slice(0, 12),
      },
    });
    const executed = await runRollout({ ...request, pauseMs: spec.rollout.pauseMs }, ports);
    const step = { signal: context.aborting, progress: () => undefined };
    const update = { done: executed.done, revision: isWhole(executed) ? request.revision : undefined };
    // The result is reported even if the lock or the miner's host is lost at the end.
    const result = redactor.data(
      lock.lost.aborted
        ? withFailure(executed, minerHost.name, 'keep the cluster lock', lock.lost.reason)
        : await updateInventory(update, spec, minerHost, fleet, ports.host, step).then(
            () => executed,
            (thrown: unknown) => withFailure(executed, minerHost.name, 'update the inventory', thrown),
          ),
    );
    journal.end(result);
    return result;
  } finally {
    await lock.release(context.aborting);
  }
}

function isWhole({ failed, interrupted, notStarted }: ApplyResult): boolean {
  return failed.length + interrupted.length + notStarted.length === 0;
}

function withFailure(result: ApplyResult, host: string, step: string, thrown: unknown): ApplyResult {
  const failure = { host, step, problems: problemsOf(thrown, host) };
  return { ...result, failed: [...result.failed, failure] };
}

function noMinerHost(spec: Spec): Error {
  return fail({
    code: 'no-miner-host',
    summary: `cluster.yaml has no host ${spec.miner.host} for the miner`,
    fix: 'add it under hosts: it stores the cluster lock and the inventory',
  });
}
