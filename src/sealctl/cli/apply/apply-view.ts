import type { ApplyEvent } from '../../apply/executor/events.ts';

/** Shows an apply while it runs. */
export interface ApplyView {
  readonly notify: (event: ApplyEvent) => void;
  /** Returns once everything is on the screen. */
  readonly end: () => Promise<void>;
}

/** How a canary that was rolled back is reported. */
export const rolledBackText = 'rolled back to its previous release and configuration';

/** One greppable line an event, for logs and pipes. */
export function plainApplyView(write: (line: string) => void): ApplyView {
  return {
    notify: (event) => {
      const line = plainLine(event);
      if (line !== undefined) write(line);
    },
    end: () => Promise.resolve(),
  };
}

/** One JSON object a line. */
export function jsonApplyView(write: (line: string) => void): ApplyView {
  return { notify: (event) => write(JSON.stringify(event)), end: () => Promise.resolve() };
}

function plainLine(event: ApplyEvent): string | undefined {
  switch (event.event) {
    case 'host-started':
      return `${event.host}: started, ${event.steps} steps`;
    case 'step-started':
      return undefined;
    case 'step-progress':
      return `${event.host}: step ${event.index + 1}: ${event.text}`;
    case 'step-done':
      return `${event.host}: step ${event.index + 1}: ${event.title}: done in ${durationOf(event)}`;
    case 'step-failed':
      return `${event.host}: step ${event.index + 1}: ${event.title}: FAILED: ${stepFailureText(event)}`;
    case 'rolled-back':
      return `${event.host}: ${rolledBackText}`;
    case 'host-failed':
      return undefined;
    case 'host-done':
      return `${event.host}: done in ${durationOf(event)}`;
    case 'rollout-waits':
      return `waiting (${event.because}): ${event.waiting.join(', ')}`;
    case 'no-new-hosts':
      return `not started (${event.because}): ${event.waiting.join(', ')}`;
  }
}

/** Why a step failed, in one line. */
export function stepFailureText({ problems }: Extract<ApplyEvent, { event: 'step-failed' }>): string {
  return problems.map(({ summary }) => summary).join('; ');
}

/** Formats a duration in seconds, such as `3.2s`. */
export function durationOf({ tookMs }: { readonly tookMs: number }): string {
  return `${(tookMs / 1000).toFixed(1)}s`;
}
