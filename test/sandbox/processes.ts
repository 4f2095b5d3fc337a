import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { markerVariable } from './layout.ts';

/** What tells the processes of a sandbox's hosts from all others. */
export interface Belonging {
  /** What the value of the marker variable begins with. */
  readonly marker: string;
  readonly roots: readonly string[];
}

/**
 * Processes that hosts of a sandbox started, in whatever session or process group they are by now: they carry the marker in their
 * environment, or (a daemon may start with a clean one) run, work, or hold a file in a host's directory.
 */
export function processesOf({ marker, roots }: Belonging): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 1 && pid !== process.pid)
    .filter((pid) => isMarked(pid, marker) || pathsOf(pid).some((path) => isBelow(path, roots)));
}

/**
 * Ends them all: SIGTERM, then SIGKILL for those that are left after the grace time, until a look finds none. Rejects when some
 * cannot be ended.
 */
export async function endProcesses(belonging: Belonging, graceMs: number): Promise<void> {
  const termUntil = Date.now() + graceMs;
  const giveUp = termUntil + 10_000;
  const told = new Set<number>();
  for (;;) {
    const left = processesOf(belonging);
    if (left.length === 0) return;
    const now = Date.now();
    if (now > giveUp) throw new Error(`processes of the sandbox cannot be ended: ${left.join(', ')}`);
    for (const pid of left) {
      if (now >= termUntil) signal(pid, 'SIGKILL');
      else if (!told.has(pid)) signal(pid, 'SIGTERM');
      told.add(pid);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isMarked(pid: number, marker: string): boolean {
  const variables = read(`/proc/${pid}/environ`).split('\0');
  return variables.some((variable) => variable.startsWith(`${markerVariable}=${marker}`));
}

function pathsOf(pid: number): string[] {
  const open = list(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`);
  return [
    ...['exe', 'cwd', ...open].map((link) => target(`/proc/${pid}/${link}`)),
    ...read(`/proc/${pid}/cmdline`).split('\0'),
  ];
}

function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(`${root}/`));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (thrown) {
    // It ended between the look and the signal.
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}

// A process may end, or be another user's, at any moment while it is looked at: then nothing is known of it, and it is not ours.
function read(path: string): string {
  return orElse(() => readFileSync(path, 'utf8'), '');
}

function list(path: string): string[] {
  return orElse(() => readdirSync(path), []);
}

function target(path: string): string {
  return orElse(() => readlinkSync(path), '');
}

function orElse<T>(look: () => T, unknown: T): T {
  try {
    return look();
  } catch {
    return unknown;
  }
}
