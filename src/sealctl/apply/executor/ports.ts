import type { Operation, WorkerOperation } from '../../host/operations/operation.ts';
import type { DaemonRef } from '../../model/kind.ts';
import type { ExecutableStep } from '../../model/plan.ts';
import type { OfferingWorker } from '../../plan/order/serving.ts';
import type { ApplyEvent } from './events.ts';

/** What apply may do to one host. Over SSH in the product, in memory in the property tests. */
export interface HostExecutor {
  readonly run: (operation: Operation, context: StepContext) => Promise<void>;
  readonly runOnWorker: (
    daemon: DaemonRef,
    operation: WorkerOperation,
    context: StepContext,
  ) => Promise<void>;
  /** Throws when the steps could not write their files. Called before the first daemon is interrupted. */
  readonly assertWritable: (steps: readonly ExecutableStep[], context: StepContext) => Promise<void>;
  /** Appends a line to the history on the host. */
  readonly record: (outcome: HostRecord) => Promise<void>;
  /** Throws unless the host is healthy after its last step. */
  readonly gate: (steps: readonly ExecutableStep[], context: StepContext) => Promise<void>;
  /** Copies what the steps are about to replace, so that `rollBack` can restore it. */
  readonly snapshotFiles: (steps: readonly ExecutableStep[], context: StepContext) => Promise<void>;
  /** Cordons the workers that these steps started and that must be stopped to roll back, and waits until they are idle. */
  readonly drainWorkers: (steps: readonly ExecutableStep[], context: StepContext) => Promise<void>;
  /**
   * Restores what `snapshotFiles` kept of what these steps have replaced, starts the daemons on it again that they stopped or started, and
   * undoes what running workers were told.
   */
  readonly rollBack: (steps: readonly ExecutableStep[], context: StepContext) => Promise<void>;
}

/** How the work on a host ended, for the history that is kept there. */
export interface HostRecord {
  readonly outcome: 'done' | 'failed' | 'interrupted';
  readonly stepsDone: number;
  readonly steps: number;
  /** The step that failed, and why. */
  readonly failure?: string;
}

export interface StepContext {
  /** Fires when the step must be aborted at once. */
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

export interface RolloutPorts {
  readonly host: (name: string) => Promise<HostExecutor>;
  /** The enabled workers as the miner lists them now; throws when it cannot be asked. */
  readonly workers: () => Promise<readonly OfferingWorker[]>;
  readonly now: () => number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly notify: (event: ApplyEvent) => void;
  /** First stage of an interruption: running steps finish and none starts. Its reason is reported for hosts that did not start. */
  readonly stopping: AbortSignal;
  /** Second stage: running steps are aborted. */
  readonly aborting: AbortSignal;
}
