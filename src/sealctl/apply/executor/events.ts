import type { Problem } from '@sealctl/core/problem/problem';

/** What happens while a plan is carried out, in the order it happens. Everything a user sees of an apply is made from these. */
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
  /** Nothing more is done on a host where a step failed. */
  | { readonly event: 'host-failed'; readonly host: string }
  | { readonly event: 'host-done'; readonly host: string; readonly tookMs: number }
  /** Nothing runs, and what waits may not be begun yet. */
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
  /** Hosts that had steps and were not begun. */
  readonly notStarted: readonly string[];
  /** Hosts whose steps were interrupted, with the number of completed steps. */
  readonly interrupted: readonly {
    readonly host: string;
    readonly stepsDone: number;
    readonly steps: number;
  }[];
}
