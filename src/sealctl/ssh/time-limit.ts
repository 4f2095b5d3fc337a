import { setMaxListeners } from 'node:events';
import { interrupted, timedOut } from './ssh-problem.ts';

/** The host and the step whose time is limited. */
export interface TimeLimit {
  readonly host: string;
  readonly step: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The work, unless the time runs out (`ssh-timeout`), the caller's signal fires (`ssh-interrupted`) or `broken` fires with a reason of
 * its own; `giveUp` is then called once, and what the work does afterwards no longer matters.
 */
export function withLimit<Result>(
  limit: TimeLimit,
  work: Promise<Result>,
  giveUp: () => void,
  broken?: { readonly signal: AbortSignal; readonly problem: (reason: unknown) => Error },
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(timer);
      limit.signal?.removeEventListener('abort', onInterrupt);
      broken?.signal.removeEventListener('abort', onBroken);
      then();
    };
    const stop = (problem: Error) =>
      settle(() => {
        reject(problem);
        giveUp();
      });
    const onInterrupt = () => stop(interrupted(limit.host, limit.step));
    const onBroken = () => stop(broken?.problem(broken.signal.reason) ?? new Error('unreachable'));
    const timer = setTimeout(() => stop(timedOut(limit.host, limit.step, limit.timeoutMs)), limit.timeoutMs);
    work.then(
      (result) => settle(() => resolve(result)),
      (thrown: Error) => settle(() => reject(thrown)),
    );
    if (limit.signal?.aborted === true) return onInterrupt();
    if (broken?.signal.aborted === true) return onBroken();
    // One signal may end what is done on hundreds of hosts.
    if (limit.signal !== undefined) setMaxListeners(0, limit.signal);
    limit.signal?.addEventListener('abort', onInterrupt);
    broken?.signal.addEventListener('abort', onBroken);
  });
}
