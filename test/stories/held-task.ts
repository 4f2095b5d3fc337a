import { expect } from 'vitest';
import type { StoryGround } from './ground.ts';

/** A task whose process is stopped in the middle. */
export interface HeldTask {
  /** Waits until it is. */
  readonly held: () => Promise<void>;
  readonly goOn: () => Promise<void>;
}

/**
 * Stops the process of the next task that this worker begins, as soon as it is there. The watch for it has to begin before there is a
 * sector: a small one is through within the time of a login.
 */
export async function holdNextTask(
  { host: hostOf, shell, exec }: Pick<StoryGround, 'host' | 'shell' | 'exec'>,
  host: string,
  worker: number | undefined,
): Promise<HeldTask> {
  const note = `${hostOf(host).data}/held-process`;
  // The worker's one other child is the shell that holds the lock of its repo.
  const children = `for child in $(cat /proc/${worker}/task/${worker}/children); do
      [ "$(readlink /proc/$child/exe)" = "$(readlink /proc/${worker}/exe)" ] && task=$child; done`;
  const watch = `task=; count=0; while [ -z "$task" ] && [ $count -lt 3000 ]; do ${children}; count=$((count + 1)); sleep 0.01; done
      kill -STOP "$task" && echo "$task" >'${note}'`;
  await shell(host, `rm -f '${note}'; ( ${watch} ) </dev/null >/dev/null 2>&1 &`);
  return {
    held: async () => {
      const told = async (): Promise<string> => (await exec(host, ['cat', note])).out;
      await expect.poll(told, { timeout: 60_000, interval: 200 }).toMatch(/^\d+$/);
    },
    goOn: async () => {
      await shell(host, `kill -CONT "$(cat '${note}')"`);
    },
  };
}
