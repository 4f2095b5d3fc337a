import { buildCommand } from '@stricli/core';
import { readBlockers, makeCordon, moveLink } from '../../drain/drain-link.ts';
import { beginSteps, endSteps, undrainSteps } from '../../drain/drain-steps.ts';
import type { DrainEnd, DrainEvent } from '../../drain/events.ts';
import { makeFileMover } from '../../drain/move-files.ts';
import { watchDrain } from '../../drain/watch-drain.ts';
import type { Hold } from '../../host/probe/facts.ts';
import { exitCodes, type Interruption, type SealctlContext } from '../core/context.ts';
import { jsonDrainView, liveDrainView, plainDrainView, type DrainView } from './drain-view.ts';
import { applyToHost, observeHost, isHeld, openDrainLink, type DrainSession } from './drain-session.ts';
import { withFleet, type FleetSession } from '../core/fleet-session.ts';
import {
  clusterAliases,
  clusterFlags,
  hostArgument,
  namedHost,
  type ClusterFlags,
  patienceFlags,
  type PatienceFlags,
  usageProblem,
} from '../core/flags.ts';
import { loadForCommand } from '../core/load.ts';
import { breakLockFlag, progressFlag, type ProgressFormat } from '../apply/apply.ts';

interface DrainFlags extends ClusterFlags, PatienceFlags {
  readonly reason?: string;
  readonly until?: Date;
  readonly moveFiles: boolean;
  readonly leaveFiles: boolean;
  readonly breakLock: boolean;
  readonly format: ProgressFormat;
}

export const drainCommand = buildCommand<DrainFlags, [string], SealctlContext>({
  docs: {
    brief: 'take a host out of service without losing work',
    fullDescription: [
      'Puts the host on hold and cordons its workers. Waits until its tasks have ended and no sector has its only copy there, and lists the',
      'blockers with elapsed time and estimate. Then it stops the workers. apply skips a host on hold.',
      'Ctrl-C stops watching; the drain continues. Run drain again to watch it. undrain cancels it at any time.',
      '',
      'EXAMPLES',
      "  sealctl drain worker-3 --reason 'replace NVMe'",
      '  sealctl drain worker-3 --move-files',
      "  sealctl drain worker-3 --leave-files --reason 'kernel update' --until 2027-01-31T18:00:00Z",
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...clusterFlags,
      ...patienceFlags,
      reason: {
        kind: 'parsed',
        parse: String,
        brief: 'shown wherever the host is listed',
        optional: true,
        placeholder: 'text',
      },
      until: {
        kind: 'parsed',
        parse: parseTime,
        brief: 'when the host is expected back (ISO 8601)',
        optional: true,
        placeholder: 'time',
      },
      moveFiles: {
        kind: 'boolean',
        brief: "move finished sectors that only this host has to other hosts' stores",
        default: false,
        withNegated: false,
      },
      leaveFiles: {
        kind: 'boolean',
        brief: 'stop even if only this host has some sectors: they cannot be read until undrain',
        default: false,
        withNegated: false,
      },
      breakLock: breakLockFlag,
      format: progressFlag,
    },
    aliases: clusterAliases,
    positional: hostArgument,
  },
  async func(flags, host) {
    if (flags.moveFiles && flags.leaveFiles)
      throw usageProblem(
        '--leave-files',
        '--move-files and --leave-files exclude each other',
        'keep one of them',
      );
    const { spec } = loadForCommand(this, flags.file);
    namedHost(spec, host);
    await withFleet(this, spec, flags, async (session) => {
      const interruption = this.listenForInterruption();
      session.breakOffOn(interruption.aborting);
      try {
        const drained = await drain(this, session, host, flags, interruption);
        if (!drained) this.process.exitCode = exitCodes.error;
      } finally {
        interruption.dispose();
      }
    });
  },
});

export const undrainCommand = buildCommand<UndrainFlags, [string], SealctlContext>({
  docs: {
    brief: 'bring a drained host back, or cancel its drain',
    fullDescription: [
      'Starts its workers and waits until the miner lists them. A worker that still runs, because the drain has not ended, takes tasks again.',
      'Then it removes the hold. Moved files stay where they are.',
      '',
      'EXAMPLES',
      '  sealctl undrain worker-3',
    ].join('\n'),
  },
  parameters: {
    flags: { ...clusterFlags, ...patienceFlags, breakLock: breakLockFlag, format: progressFlag },
    aliases: clusterAliases,
    positional: hostArgument,
  },
  async func(flags, host) {
    const { spec } = loadForCommand(this, flags.file);
    namedHost(spec, host);
    await withFleet(this, spec, flags, async (session) => {
      const interruption = this.listenForInterruption();
      session.breakOffOn(interruption.aborting);
      try {
        const found = await observeHost(session, host);
        const steps = undrainSteps(found.daemons, found.workers);
        const request = { operation: `undrain ${host}`, host, steps };
        const done = await applyToHost(this, session, found.observation, request, flags, interruption);
        if (done && flags.format === 'text') this.process.stdout.write(`${host} is back in service\n`);
        if (!done) this.process.exitCode = exitCodes.error;
      } finally {
        interruption.dispose();
      }
    });
  },
});

type UndrainFlags = Pick<DrainFlags, 'file' | 'timeout' | 'breakLock' | 'format'>;

/** Begins or resumes a drain, watches it to its end and stops the workers. False when they were not stopped. */
async function drain(
  context: SealctlContext,
  session: FleetSession,
  host: string,
  flags: DrainFlags,
  interruption: Interruption,
): Promise<boolean> {
  const say = (text: string): void => {
    if (flags.format === 'text') context.process.stdout.write(`${text}\n`);
  };
  const found = await observeHost(session, host);
  const hold = holdOf(context, flags, found.hold);
  if (found.hold !== undefined)
    say(`${host}: resumes the drain started by ${found.hold.who} at ${found.hold.since}`);
  const begin = { operation: `drain ${host}`, host, steps: beginSteps(found.daemons, hold) };
  if (!(await applyToHost(context, session, found.observation, begin, flags, interruption))) return false;
  const running = found.daemons.some(({ daemon, running: runs }) => daemon.role === 'worker' && runs);
  if (running) {
    const ended = await watchOnHost(context, session, found, flags, interruption);
    if (ended !== 'clear') {
      context.process.stderr.write(`${endText(host, ended)}\n`);
      return false;
    }
    const end = { operation: `drain ${host}: stop`, host, steps: endSteps(found.daemons) };
    if (!(await applyToHost(context, session, found.observation, end, flags, interruption))) return false;
  }
  say(`${host} is drained and on hold; sealctl undrain ${host} brings it back`);
  return true;
}

/** The hold of a drain. A resumed drain keeps its earlier values unless flags override them. */
function holdOf({ operator, today }: SealctlContext, flags: DrainFlags, before: Hold | undefined): Hold {
  const until = flags.until?.toISOString() ?? before?.until;
  return {
    who: before?.who ?? operator,
    since: before?.since ?? today().toISOString(),
    why: flags.reason ?? before?.why ?? 'drained',
    ...(until === undefined ? {} : { until }),
  };
}

async function watchOnHost(
  context: SealctlContext,
  session: FleetSession,
  found: DrainSession,
  flags: DrainFlags,
  interruption: Interruption,
): Promise<DrainEnd> {
  const { host } = found.spec;
  const view = drainView(context, flags.format);
  const notify = (event: DrainEvent) => view.notify(session.redact(event));
  const signal = interruption.stopping;
  const link = await openDrainLink(session, found, context, signal);
  const mover = makeFileMover(host, moveLink(link), notify);
  let moves: 'yes' | 'ask' | 'no' = flags.moveFiles ? 'yes' : canAsk(context, flags) ? 'ask' : 'no';
  let hinted = false;
  return watchDrain({
    host,
    timeoutMs: Math.max(...found.daemons.map(({ worker }) => worker?.drainTimeoutMs ?? 0)),
    clock: context.clock,
    stopping: signal,
    cordon: makeCordon(link),
    readBlockers: () => readBlockers(link),
    held: () => isHeld(session, found),
    leaveFiles: flags.leaveFiles,
    notify,
    advanceMoves: async (copies) => {
      const finished = copies.filter(({ phase }) => phase === 'finished').length;
      if (moves === 'ask' && finished > 0) {
        view.keep();
        moves = (await context.ask(moveQuestion(host, finished)))?.trim() === 'yes' ? 'yes' : 'no';
      }
      if (moves === 'yes') return mover(copies);
      if (finished === 0) return;
      if (hinted) return;
      hinted = true;
      view.keep();
      context.process.stderr.write(
        `${host}: finished sectors remain on this host: pass --move-files to move them, or --leave-files to stop it anyway\n`,
      );
    },
  });
}

function moveQuestion(host: string, sectors: number): string {
  const whose = sectors === 1 ? 'a finished sector' : `${sectors} finished sectors`;
  return `Only ${host} has the files of ${whose}. Move them to another store? Only "yes" is taken as yes: `;
}

function canAsk({ terminal }: SealctlContext, { format, leaveFiles }: DrainFlags): boolean {
  return terminal.stdin && terminal.stdout && format === 'text' && !leaveFiles;
}

function drainView({ process, terminal, clock }: SealctlContext, format: ProgressFormat): DrainView {
  const line = (text: string): void => process.stdout.write(`${text}\n`);
  if (format === 'json') return jsonDrainView(line);
  if (terminal.stdout) return liveDrainView((text) => process.stdout.write(text), terminal);
  return plainDrainView(line, clock.now);
}

function endText(host: string, ended: Exclude<DrainEnd, 'clear'>): string {
  switch (ended) {
    case 'interrupted':
      return `${host}: stopped watching; the host stays on hold and gets no new tasks. sealctl drain ${host} resumes, sealctl undrain ${host} cancels`;
    case 'cancelled':
      return `${host}: the drain was canceled (the hold was removed). Nothing was stopped`;
    case 'timed-out':
      return `${host}: not drained within drainTimeout; the host stays on hold and gets no new tasks. sealctl drain ${host} resumes, sealctl undrain ${host} cancels`;
  }
}

function parseTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new Error(`${text} is not a time such as 2027-01-31T18:00:00Z`);
  return time;
}
