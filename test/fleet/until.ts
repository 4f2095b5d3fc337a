import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again and again until `attempt` gives something other than undefined, and gives that. Fails with `what` in its message after
 * `withinMs`.
 */
export async function until<T>(
  what: string,
  withinMs: number,
  attempt: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const got = await attempt();
    if (got !== undefined) return got;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await pause(25);
  }
}
