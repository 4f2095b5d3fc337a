import { execFile } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../../src/core/async/clock.ts';
import type { ExecRequest, ExecResult, HostConnection } from '../../../src/sealctl/ssh/connection.ts';

/** Time that passes only when it is told to. */
export class HandClock implements Clock {
  #now = 0;
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  readonly now = (): number => this.#now;

  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason as Error);
      };
      const wake = (): void => {
        signal.removeEventListener('abort', end);
        resolve();
      };
      const sleeper = { until: this.#now + ms, wake };
      this.#sleepers.add(sleeper);
      if (signal.aborted) end();
      else signal.addEventListener('abort', end);
    });

  /** How many wait for a time to come. */
  get waiting(): number {
    return this.#sleepers.size;
  }

  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    while (this.#now < until) {
      this.#now = Math.min(until, ...[...this.#sleepers].map((sleeper) => sleeper.until));
      for (const sleeper of this.#sleepers) {
        if (sleeper.until > this.#now) continue;
        this.#sleepers.delete(sleeper);
        sleeper.wake();
      }
      await turn();
    }
  }
}

/** A host that is this machine, until it hangs or gives another answer. */
export class LockHost {
  hangs = false;
  instead: ExecResult | undefined;
  /** What it was asked to run, whether it answered or not. */
  readonly requests: ExecRequest[] = [];
  answered = 0;

  readonly connection = (): Promise<HostConnection> =>
    Promise.resolve({ exec: this.#exec } as HostConnection);

  readonly #exec = (request: ExecRequest): Promise<ExecResult> =>
    new Promise((resolve, reject) => {
      const { argv, signal } = request;
      this.requests.push(request);
      if (this.instead !== undefined) return resolve(this.instead);
      const breakOff = (): void => reject(new Error('broken off'));
      signal?.addEventListener('abort', breakOff);
      if (this.hangs) return;
      const [program = '', ...words] = argv;
      execFile(program, words, (error, stdout, stderr) => {
        this.answered += 1;
        signal?.removeEventListener('abort', breakOff);
        const status = error === null ? 0 : Number(error.code);
        resolve({ status, stdout: Buffer.from(stdout), stderr });
      });
    });
}
