import { Listr, type ListrTaskWrapper, type DefaultRenderer, type SimpleRenderer } from 'listr2';
import type { ApplyEvent } from '../../apply/events.ts';

/** Shows an apply while it runs. */
export interface ApplyView {
  readonly notify: (event: ApplyEvent) => void;
  /** Returns once everything is on the screen. */
  readonly end: () => Promise<void>;
}

/** How a canary is told of that was taken back. */
export const wentBack = 'went back to its previous release and configuration';

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

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

interface HostLine {
  task: Task | undefined;
  steps: number;
  title: string;
  failure: string;
  readonly begun: PromiseWithResolvers;
  readonly ended: PromiseWithResolvers;
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A live tree: one line a host, with the step it is at. */
export function liveApplyView(hosts: readonly string[]): ApplyView {
  const lines = new Map(hosts.map((host) => [host, hostLine(host)]));
  const tree = new Listr(
    hosts.map((host) => ({
      title: host,
      task: async (_context: unknown, task: Task) => {
        const line = lines.get(host);
        if (line === undefined) return;
        line.task = task;
        line.begun.resolve();
        await line.ended.promise;
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      rendererOptions: { collapseErrors: false, showErrorMessage: true },
    },
  );
  const run = tree.run();
  return {
    notify: (event) => {
      if (event.event === 'rollout-waits') {
        for (const host of event.waiting) waitOnLine(lines.get(host), event.because);
        return;
      }
      if (event.event === 'no-new-hosts') {
        for (const host of event.waiting)
          endLine(lines.get(host), `${host}: not begun, because ${event.because}`);
        return;
      }
      const line = lines.get(event.host);
      if (line !== undefined) void line.begun.promise.then(() => showOnLine(line, event));
    },
    end: async () => {
      // After everything that was notified before and waits for its line to begin.
      for (const line of lines.values()) void line.begun.promise.then(line.ended.resolve);
      await run;
    },
  };
}

function waitOnLine(line: HostLine | undefined, because: string): void {
  void line?.begun.promise.then(() => {
    if (line.task !== undefined) line.task.output = `waits: ${because}`;
  });
}

function showOnLine(
  line: HostLine,
  event: Exclude<ApplyEvent, { event: 'no-new-hosts' | 'rollout-waits' }>,
): void {
  const { task } = line;
  if (task === undefined) return;
  switch (event.event) {
    case 'host-started':
      line.steps = event.steps;
      break;
    case 'step-started':
      line.title = `[${event.index + 1}/${line.steps}] ${event.title}`;
      task.output = line.title;
      break;
    case 'step-progress':
      task.output = `${line.title}: ${event.text}`;
      break;
    case 'step-done':
      break;
    case 'step-failed':
      line.failure = `${event.host}: ${event.title}: ${event.problems.map((problem) => problem.summary).join('; ')}`;
      task.output = `${line.title}: failed`;
      break;
    case 'went-back':
      line.failure += `; ${wentBack}`;
      break;
    case 'host-failed':
      line.ended.reject(new Error(line.failure));
      break;
    case 'host-done':
      endLine(line, `${event.host} (${seconds(event.tookMs)})`);
      break;
  }
}

function endLine(line: HostLine | undefined, title: string): void {
  if (line === undefined) return;
  void line.begun.promise.then(() => {
    if (line.task !== undefined) line.task.title = title;
    line.ended.resolve();
  });
}

function hostLine(host: string): HostLine {
  const ended = withResolvers();
  // The tree reports a failed line; nobody else waits for it.
  ended.promise.catch(() => undefined);
  return { task: undefined, steps: 0, title: host, failure: '', begun: withResolvers(), ended };
}

function withResolvers(): PromiseWithResolvers {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  return { promise, resolve, reject };
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
      return `${event.host}: step ${event.index + 1}: ${event.title}: done in ${seconds(event.tookMs)}`;
    case 'step-failed':
      return `${event.host}: step ${event.index + 1}: ${event.title}: FAILED: ${event.problems.map((problem) => problem.summary).join('; ')}`;
    case 'went-back':
      return `${event.host}: ${wentBack}`;
    case 'host-failed':
      return undefined;
    case 'host-done':
      return `${event.host}: done in ${seconds(event.tookMs)}`;
    case 'rollout-waits':
      return `waiting, because ${event.because}: ${event.waiting.join(', ')}`;
    case 'no-new-hosts':
      return `not begun because ${event.because}: ${event.waiting.join(', ')}`;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}
