import { buildCommand } from '@stricli/core';
import { drainSteps, undrainSteps } from '../../../drain/drain-steps.ts';
import type { Hold } from '../../../host/facts.ts';
import { kinds } from '../../../kinds/index.ts';
import { daemonStates } from '../../../plan/daemon-states.ts';
import type { ExecutableStep } from '../../../plan/plan.ts';
import type { DaemonState } from '../../../plan/sequence.ts';
import { fail } from '../../../problem/problem.ts';
import { exitCodes, type SealctlContext } from '../context.ts';
import { withFleet, type FleetSession } from '../fleet-session.ts';
import {
  clusterAliases,
  clusterFlags,
  hostArgument,
  namedHost,
  type ClusterFlags,
  patienceFlags,
  type PatienceFlags,
} from '../flags.ts';
import { loadForCommand, problemsText } from '../load.ts';
import { applyView, breakLockFlag, progressFlag, type ProgressFormat } from './apply.ts';

interface DrainFlags extends ClusterFlags, PatienceFlags {
  readonly reason: string;
  readonly until?: Date;
  readonly breakLock: boolean;
  readonly format: ProgressFormat;
}

export const drainCommand = buildCommand<DrainFlags, [string], SealctlContext>({
  docs: {
    brief: 'take a host out of service without losing work',
    fullDescription: [
      'Puts the host on hold, disables every task on its workers, waits until nothing runs, and stops them. apply leaves a held host alone.',
      'Interrupting it stops the waiting; the host stays on hold and relieved of new tasks.',
      '',
      'EXAMPLES',
      "  sealctl drain worker-3 --reason 'replace NVMe'",
      "  sealctl drain worker-3 --reason 'kernel update' --until 2027-01-31T18:00:00Z",
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...clusterFlags,
      ...patienceFlags,
      reason: {
        kind: 'parsed',
        parse: String,
        brief: 'shown to everyone who looks at the host',
        default: 'drained',
        placeholder: 'text',
      },
      until: {
        kind: 'parsed',
        parse: parseTime,
        brief: 'when it is meant to be back (ISO 8601)',
        optional: true,
        placeholder: 'time',
      },
      breakLock: breakLockFlag,
      format: progressFlag,
    },
    aliases: clusterAliases,
    positional: hostArgument,
  },
  async func(flags, host) {
    const hold: Hold = {
      who: this.operator,
      since: this.today().toISOString(),
      why: flags.reason,
      ...(flags.until === undefined ? {} : { until: flags.until.toISOString() }),
    };
    const done = `${host} is drained and on hold: sealctl undrain ${host} brings it back`;
    await onHost(this, flags, {
      operation: 'drain',
      host,
      stepsOf: (daemons) => drainSteps(daemons, hold),
      done,
    });
  },
});

export const undrainCommand = buildCommand<Omit<DrainFlags, 'reason' | 'until'>, [string], SealctlContext>({
  docs: {
    brief: 'bring a drained host back',
    fullDescription: [
      'Starts its workers, waits until the miner lists them, and lifts the hold.',
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
    await onHost(this, flags, {
      operation: 'undrain',
      host,
      stepsOf: undrainSteps,
      done: `${host} is back in service`,
    });
  },
});

/** What is done to one host, and what is said when it is done. */
interface HostWork {
  readonly operation: 'drain' | 'undrain';
  readonly host: string;
  readonly stepsOf: (daemons: readonly DaemonState[]) => ExecutableStep[];
  readonly done: string;
}

async function onHost(
  context: SealctlContext,
  flags: Omit<DrainFlags, 'reason' | 'until'>,
  work: HostWork,
): Promise<void> {
  const { spec } = loadForCommand(context, flags.file);
  namedHost(spec, work.host);
  await withFleet(context, spec, flags, async (session) => {
    const ended = await runOnHost(context, session, flags, work);
    if (ended && flags.format === 'text') context.process.stdout.write(`${work.done}\n`);
    if (!ended) context.process.exitCode = exitCodes.error;
  });
}

async function runOnHost(
  context: SealctlContext,
  session: FleetSession,
  { format, breakLock }: Pick<DrainFlags, 'format' | 'breakLock'>,
  { operation, host, stepsOf }: HostWork,
): Promise<boolean> {
  const observation = await session.observe((name) => name === host);
  const found = observation.observed.hosts.get(host);
  if (found?.reachable !== true) {
    throw fail({
      code: 'host-unreachable',
      summary: `${host} cannot be read`,
      where: { in: 'host', host },
      why: found?.reason ?? '',
    });
  }
  const hostSpec = session.spec.hosts.find(({ name }) => name === host);
  const daemons = daemonStates(hostSpec, session.resources.get(host) ?? [], [], found.facts, kinds);
  const interruption = context.listenForInterruption();
  try {
    const result = await session.execute(
      {
        operation: `${operation} ${host}`,
        breakLock,
        steps: new Map([[host, stepsOf(daemons)]]),
        rollout: [{ host, carriesMiner: false, interrupted: [] }],
        policy: { maxUnavailable: 1, canary: undefined, order: [], keepServing: {}, inFlight: 1 },
        serving: {},
        observation,
      },
      applyView(context, format, [host]),
      interruption,
    );
    for (const { problems } of result.failed) context.process.stderr.write(problemsText(context, problems));
    for (const { stepsDone, steps } of result.interrupted) {
      context.process.stderr.write(
        `${host}: ${stepsDone} of ${steps} steps done; run the same command again to go on\n`,
      );
    }
    return result.done.includes(host);
  } finally {
    interruption.dispose();
  }
}

function parseTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new Error(`${text} is not a time such as 2027-01-31T18:00:00Z`);
  return time;
}
