import { readdirSync, readFileSync } from 'node:fs';

/** Command lines of processes while something goes on. */
export interface WatchedCommandLines {
  /** Every one that was met so far, each once. */
  readonly met: () => readonly string[];
  readonly stop: () => void;
}

/** Short enough to meet most commands of a script. Milliseconds. */
const everyMs = 10;

/**
 * Looks again and again at all processes this machine shows, its test hosts' among them. A text that is to be searched for afterwards
 * must not come near a command line itself.
 */
export function watchCommandLines(): WatchedCommandLines {
  const met = new Set<string>();
  const timer = setInterval(() => {
    for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) met.add(commandLine(name));
  }, everyMs);
  return { met: () => [...met], stop: () => clearInterval(timer) };
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
