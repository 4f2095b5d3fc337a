import { runWorkerOperation, type WorkerLink } from '../../../src/sealctl/apply/cordon/worker-operations.ts';
import type { WorkerOperation } from '../../../src/sealctl/host/operations/operation.ts';
import { scriptedLink, scriptedWorker, type Answers, type Call } from '../drain/scripted-link.ts';

/** Answers each time with the next of these, and with the last one from then on; functions are called for their answer. */
export function inTurn(...answers: readonly unknown[]): () => unknown {
  let next = 0;
  return () => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    return typeof answer === 'function' ? (answer as () => unknown)() : answer;
  };
}

/** The worker `red` and its miner with these answers, on a clock on which every wait is over at once, and what happens to them. */
export function stand({ worker = {}, miner = {} }: { readonly worker?: Answers; readonly miner?: Answers }) {
  const calls: Call[] = [];
  const texts: string[] = [];
  const slept: number[] = [];
  const ended = new AbortController();
  const context = { signal: ended.signal, progress: (text: string) => void texts.push(text) };
  let now = 0;
  const clock = {
    now: () => now,
    sleep: (ms: number, signal: AbortSignal) => {
      slept.push(ms);
      now += ms;
      return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
    },
  };
  const link: WorkerLink = {
    ...scriptedWorker('red', calls, worker),
    miner: scriptedLink({ miner, calls }).miner,
    clock,
  };
  return {
    link,
    context,
    calls,
    /** What was told meanwhile. */
    texts,
    slept,
    ended,
    run: (operation: WorkerOperation) => runWorkerOperation(operation, link, context),
    /** The calls so far with what they were given, those of the miner with its name before them. */
    asked: () => calls.map(({ method, params }) => [method, ...params]),
  };
}
