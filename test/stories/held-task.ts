import { expect } from 'vitest';
import type { Testbed } from './testbed.ts';

/** The next task of a worker, to be stopped in the middle. */
export interface HeldTask {
  /**
   * Begins work that brings the worker a task, waits until the task's process is stopped, and answers what was begun. A task that was
   * through before it could be stopped is followed by another.
   */
  readonly held: <Begun>(begin: () => Promise<Begun>) => Promise<Begun>;
  readonly goOn: () => Promise<void>;
}

const tries = 4;

/**
 * Stops the process of the next task that this worker begins, as soon as it is there. The watch for it begins before there is a sector: a
 * small one is through within the time of a login.
 */
export async function holdNextTask(
  { host: hostOf, shell, exec }: Pick<Testbed, 'host' | 'shell' | 'exec'>,
  host: string,
  worker: number | undefined,
): Promise<HeldTask> {
  const note = `${hostOf(host).data}/held-process`;
  // The worker's one other child is the shell that holds the lock of its repo. What ends before it stops was no task to hold.
  const watch = `state() { sed -n 's/^State:[[:space:]]*\\(.\\).*/\\1/p' "/proc/$1/status" 2>/dev/null; }
    count=0
    while [ $count -lt 6000 ]; do
      for child in $(cat /proc/${worker}/task/${worker}/children); do
        [ "$(readlink /proc/$child/exe)" = "$(readlink /proc/${worker}/exe)" ] || continue
        kill -STOP "$child" || continue
        now=$(state "$child")
        while [ -n "$now" ] && [ "$now" != T ] && [ "$now" != Z ]; do sleep 0.01; now=$(state "$child"); done
        [ "$now" = T ] || continue
        echo "$child" >'${note}'
        exit
      done
      count=$((count + 1))
      sleep 0.01
    done`;
  await shell(host, `rm -f '${note}'; ( ${watch} ) </dev/null >/dev/null 2>&1 &`);
  const told = async (): Promise<string> => (await exec(host, ['cat', note])).out;
  return {
    held: async (begin) => {
      for (let attempt = 1; ; attempt += 1) {
        const begun = await begin();
        const isHeld = expect.poll(told, { timeout: 15_000, interval: 200 }).toMatch(/^\d+$/);
        if (attempt === tries) await isHeld;
        if (await isHeld.then(() => true).catch(() => false)) return begun;
      }
    },
    goOn: async () => {
      await shell(host, `kill -CONT "$(cat '${note}')"`);
    },
  };
}
