import type { Problem } from '@sealctl/core/problem/problem';

/** The events of an apply, in order. All views of an apply are made from them. */
export type ApplyEvent =
  | { readonly event: 'host-started'; readonly host: string; readonly steps: number }
  | { readonly event: 'step-started'; readonly host: string; readonly index: number; readonly title: string }
  | { readonly event: 'step-progress'; readonly host: string; readonly index: number; readonly text: string }
  | {
      readonly event: 'step-done';
      readonly host: string;
      readonly index: number;
      readonly title: string;
      readonly tookMs: number;
    }
  | {
      readonly event: 'step-failed';
      readonly host: string;
      readonly index: number;
      readonly title: string;
      readonly problems: readonly Problem[];
    }
  /** A canary that failed runs on its previous release and configuration again. */
  | { readonly event: 'rolled-back'; readonly host: string }
  /** A host where a step failed gets no further steps. */
  | { readonly event: 'host-failed'; readonly host: string }
  | { readonly event: 'host-done'; readonly host: string; readonly tookMs: number }
  /** No host is in progress, and the waiting ones may not start yet. */
  | { readonly event: 'rollout-waits'; readonly because: string; readonly waiting: readonly string[] }
  | { readonly event: 'no-new-hosts'; readonly because: string; readonly waiting: readonly string[] };

export interface ApplyResult {
  readonly done: readonly string[];
  readonly failed: readonly {
    readonly host: string;
    readonly step: string;
    readonly problems: readonly Problem[];
    /** It runs on its previous release and configuration again. */
    readonly rolledBack?: true;
  }[];
  /** Hosts with steps that did not start. */
  readonly notStarted: readonly string[];
  /** Hosts whose steps were interrupted, with the number of completed steps. */
  readonly interrupted: readonly {
    readonly host: string;
    readonly stepsDone: number;
    readonly steps: number;
  }[];
}
