import type { StepContext } from '../executor/ports.ts';
import { drainTasks, cordon, type WorkerLink } from './worker-operations.ts';

/** A worker to be stopped, and how long its tasks may take. */
export interface DrainingWorker {
  readonly link: WorkerLink;
  readonly timeoutMs: number;
}

const answerMs = 5000;
/** A worker that fails to answer this many times in a row has ended. Its tasks are lost, so the wait ends. */
const maxMissedAnswers = 3;
const askAgainMs = 1000;

/** Cordons the workers that answer and waits until they are idle, so that none of their tasks is lost when they are stopped. */
export async function drainWorkers(workers: readonly DrainingWorker[], context: StepContext): Promise<void> {
  const cordoned: (DrainingWorker & { readonly session: string })[] = [];
  for (const worker of workers) {
    const session = await cordonedSession(worker.link, context);
    if (session !== undefined) cordoned.push({ ...worker, session });
  }
  for (const { link, timeoutMs, session } of cordoned)
    await drainTasks(timeoutMs, link, context, endOf(session, link, context));
}

/** The session that was cordoned; undefined when the worker does not answer. */
async function cordonedSession(link: WorkerLink, context: StepContext): Promise<string | undefined> {
  for (let tries = 0; tries < maxMissedAnswers; tries += 1) {
    if (tries > 0) await link.clock.sleep(askAgainMs, context.signal);
    const session = await sessionOf(link, context);
    if (session === undefined) continue;
    try {
      await cordon(link, context);
      return session;
    } catch (thrown) {
      if (context.signal.aborted) throw thrown;
    }
  }
  return undefined;
}

/** Returns whether the cordoned process has ended. A restarted one has none of its tasks and may never become idle. */
function endOf(session: string, link: WorkerLink, context: StepContext): () => Promise<boolean> {
  let silent = 0;
  return async () => {
    const present = await sessionOf(link, context);
    silent = present === undefined ? silent + 1 : 0;
    return silent === maxMissedAnswers || (present !== undefined && present !== session);
  };
}

async function sessionOf({ worker }: WorkerLink, context: StepContext): Promise<string | undefined> {
  try {
    return await worker.call('ProcessSession', [], { ...context, timeoutMs: answerMs });
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    return undefined;
  }
}
