import { Listr, type DefaultRenderer, type ListrTaskWrapper, type SimpleRenderer } from 'listr2';
import type { ApplyEvent } from '../../apply/executor/events.ts';
import { durationOf, stepFailureText, rolledBackText, type ApplyView } from './apply-view.ts';

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** One host of the tree. Its task begins once the tree is on the screen; what happens before is shown then. */
interface HostLine {
  task?: Task;
  title: string;
  output?: string;
  begun: boolean;
  steps: number;
  /** The step it is at. */
  step: string;
  end?: { readonly as: 'done' | 'failed' | 'left'; readonly text: string };
  readonly finish: PromiseWithResolve;
}

interface PromiseWithResolve {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/**
 * A live tree on the process's own terminal: one line a host, with the step it is at. It appears with the first event, so that what goes
 * wrong before, and what is asked, has the terminal to itself. While it is there, nothing else that is written can be seen.
 */
export function liveApplyView(hosts: readonly string[], stopping: AbortSignal): ApplyView {
  const lines = new Map(hosts.map((host) => [host, hostLine(host)]));
  let tree: Promise<unknown> | undefined;
  const onStopping = (): void => {
    for (const [host, line] of lines)
      if (line.begun && line.end === undefined) {
        line.title = `${host}: interrupted, stops after the running step; press Ctrl-C again to stop at once`;
        paint(line);
      }
  };
  stopping.addEventListener('abort', onStopping);
  return {
    notify: (event) => {
      tree ??= treeOf(lines).run();
      if (event.event === 'no-new-hosts') {
        for (const host of event.waiting)
          endLine(lines.get(host), 'left', `${host}: not started (${event.because})`);
        return;
      }
      if (event.event === 'rollout-waits') {
        for (const host of event.waiting) waitOnLine(lines.get(host), event.because);
        return;
      }
      const line = lines.get(event.host);
      if (line !== undefined) showOnLine(line, event);
    },
    end: async () => {
      stopping.removeEventListener('abort', onStopping);
      for (const [host, line] of lines) {
        const left = line.begun ? `${host}: interrupted at ${line.step}` : `${host}: not started`;
        if (line.end === undefined) endLine(line, 'left', left);
        line.finish.resolve();
      }
      await tree;
    },
  };
}

function treeOf(
  lines: ReadonlyMap<string, HostLine>,
): Listr<unknown, typeof DefaultRenderer, typeof SimpleRenderer> {
  return new Listr(
    [...lines].map(([title, line]) => ({
      title,
      task: async (_context: unknown, task: Task) => {
        line.task = task;
        paint(line);
        await line.finish.promise;
        const { as, text } = line.end ?? { as: 'done', text: line.title };
        if (as === 'failed') throw new Error(text);
        if (as === 'left') task.skip(text);
        task.title = text;
      },
    })),
    // The command handles Ctrl-C itself: a running step finishes first.
    { concurrent: true, exitOnError: false, registerSignalListeners: false },
  );
}

function waitOnLine(line: HostLine | undefined, because: string): void {
  if (line === undefined) return;
  line.output = `waits: ${because}`;
  paint(line);
}

function showOnLine(
  line: HostLine,
  event: Exclude<ApplyEvent, { event: 'no-new-hosts' | 'rollout-waits' }>,
): void {
  switch (event.event) {
    case 'host-started':
      line.begun = true;
      line.steps = event.steps;
      break;
    case 'step-started':
      line.step = `[${event.index + 1}/${line.steps}] ${event.title}`;
      line.output = line.step;
      break;
    case 'step-progress':
      line.output = `${line.step}: ${event.text}`;
      break;
    case 'step-done':
      return;
    case 'step-failed':
      // Not over yet: it may still be rolled back.
      line.output = `FAILED: ${event.title}: ${stepFailureText(event)}`;
      line.end = { as: 'failed', text: `${event.host}: ${event.title}: ${stepFailureText(event)}` };
      break;
    case 'rolled-back':
      line.end = {
        as: 'failed',
        text: `${line.end?.text ?? event.host}; ${rolledBackText}`,
      };
      break;
    case 'host-failed':
      line.finish.resolve();
      return;
    case 'host-done':
      return endLine(line, 'done', `${event.host} (${durationOf(event)})`);
  }
  paint(line);
}

function paint({ task, title, output }: HostLine): void {
  if (task === undefined) return;
  if (task.title !== title) task.title = title;
  if (output !== undefined) task.output = output;
}

function endLine(line: HostLine | undefined, as: 'done' | 'left', text: string): void {
  if (line === undefined) return;
  line.end = { as, text };
  line.finish.resolve();
}

function hostLine(host: string): HostLine {
  return { title: host, begun: false, steps: 0, step: 'the first step', finish: promiseWithResolve() };
}

function promiseWithResolve(): PromiseWithResolve {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
