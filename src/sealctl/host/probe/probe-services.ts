import type { ProcessFact, ServiceFact } from './facts.ts';
import { nofileLimits } from './probe-kernel.ts';

/** /proc of one process: target of exe; limits, status and stat one after the other; environ. */
export interface RawProcess {
  readonly exe: string;
  readonly text: string;
  readonly environ: Buffer;
}

type ProcessOf = (pid: string) => ProcessFact | undefined;

/** Ticks of /proc/PID/stat in a second: what Linux tells programs on every platform. Source: proc(5), sysconf(3) _SC_CLK_TCK. */
const ticksPerS = 100;

/**
 * A process as /proc had it, or undefined when it was gone already: also one that has ended and only waits to be taken leave of, and
 * one that is ending, which gives back its memory, and with it program and environment, long before it has the state of the dead.
 */
export function processFact(pid: number, { exe, text, environ }: RawProcess): ProcessFact | undefined {
  const startedAtS = startTicks(text);
  if (startedAtS === undefined || hasEnded(text) || (exe === '' && environ.length === 0)) return undefined;
  const cpus = /^Cpus_allowed_list:\s*(?<cpus>\S+)$/m.exec(text);
  return {
    pid,
    exe,
    nofile: nofileLimits(text),
    environ: environment(environ),
    cpus: cpus?.groups?.['cpus'] ?? '',
    startedAtS: startedAtS / ticksPerS,
  };
}

/** The state, field 3 of /proc/PID/stat, of a zombie or of what is dead. */
function hasEnded(text: string): boolean {
  return /^[ZXx]/.test(afterName(text)[0] ?? '');
}

/** Field 22 of /proc/PID/stat. */
function startTicks(text: string): number | undefined {
  const ticks = afterName(text)[19];
  return text.includes(')') && ticks !== undefined && /^\d{1,15}$/.test(ticks) ? Number(ticks) : undefined;
}

/** Fields 3 and up of /proc/PID/stat; the name in parentheses before may hold anything, and nothing after it holds a parenthesis. */
function afterName(text: string): string[] {
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function environment(environ: Buffer): Map<string, string> {
  const variables = new Map<string, string>();
  for (const entry of environ.toString('utf8').split('\0')) {
    const equals = entry.indexOf('=');
    if (equals > 0 && !variables.has(entry.slice(0, equals))) {
      variables.set(entry.slice(0, equals), entry.slice(equals + 1));
    }
  }
  return variables;
}

/** The blocks of `systemctl show` for several units, by name without `.service`. */
export function systemdServices(text: string, process: ProcessOf): Map<string, ServiceFact> {
  const facts = new Map<string, ServiceFact>();
  for (const block of text.split('\n\n')) {
    const values = new Map(
      block.split('\n').map((line) => {
        const equals = line.indexOf('=');
        return [line.slice(0, Math.max(equals, 0)), line.slice(equals + 1)] as const;
      }),
    );
    const id = values.get('Id');
    if (id === undefined) continue;
    const running = process(values.get('MainPID') ?? '');
    facts.set(id.replace(/\.service$/, ''), {
      known: values.get('LoadState') === 'loaded',
      state: unitState(values.get('ActiveState')),
      enabled: values.get('UnitFileState') === 'enabled',
      needsReload: values.get('NeedDaemonReload') === 'yes',
      restarts: count(values.get('NRestarts')),
      result: values.get('Result') ?? '',
      ...(running === undefined ? {} : { process: running }),
    });
  }
  return facts;
}

/** One `supervised` record, and the service's name. */
export function supervisedService(
  fields: readonly string[],
  bootId: string,
  process: ProcessOf,
): readonly [name: string, fact: ServiceFact] {
  const [name = '', known, enabled, state = '', pid = '', started, boot, supervisor, restarts, result] =
    fields;
  const found = pid === '' ? undefined : process(pid);
  // A PID of another boot or another start belongs to another process.
  const running =
    found !== undefined && boot === bootId && String(Math.round(found.startedAtS * ticksPerS)) === started
      ? found
      : undefined;
  return [
    name,
    {
      known: known === 'yes',
      state: supervisedState(state, running !== undefined, supervisor !== ''),
      enabled: enabled === 'yes',
      needsReload: false,
      restarts: count(restarts),
      result: result ?? '',
      ...(running === undefined ? {} : { process: running }),
    },
  ];
}

function supervisedState(state: string, running: boolean, supervisorLives: boolean): ServiceFact['state'] {
  if (running) return state === 'deactivating' ? 'deactivating' : 'active';
  return state === 'activating' && supervisorLives ? 'activating' : 'inactive';
}

function unitState(state: string | undefined): ServiceFact['state'] {
  switch (state) {
    case 'active':
    case 'activating':
    case 'deactivating':
    case 'failed':
      return state;
    case 'reloading':
    case 'refreshing':
      return 'active';
    case undefined:
    default:
      return 'inactive';
  }
}

function count(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
