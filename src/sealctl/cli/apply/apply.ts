import { buildCommand } from '@stricli/core';
import type { ApplyResult } from '../../apply/executor/events.ts';
import type { MadePlan } from '../../plan/make-plan.ts';
import { hasChanges, type PlanDocument } from '../../model/plan.ts';
import { standsText } from '../../plan/summary.ts';
import { changedSince } from '../../plan/saved-plan.ts';
import { fail } from '@sealctl/core/problem/problem';
import type { Observation } from '../../observe/observe.ts';
import { jsonApplyView, plainApplyView, rolledBackText, type ApplyView } from './apply-view.ts';
import { exitCodes, type SealctlContext } from '../core/context.ts';
import { gitRevision } from '../core/git-revision.ts';
import { planSelected, withFleet, type FleetSession } from '../core/fleet-session.ts';
import { clusterAliases, fleetFlags, type FleetFlags } from '../core/flags.ts';
import { liveApplyView } from './live-apply-view.ts';
import { loadWithWarnings, problemsText } from '../core/load.ts';
import { readPlanFile } from '../plan/plan-file.ts';
import { planExitCode, renderPlan } from '../plan/plan.ts';

interface Flags extends FleetFlags {
  readonly yes: boolean;
  readonly breakLock: boolean;
  readonly format: ProgressFormat;
}

export type ProgressFormat = 'text' | 'json';

export const progressFlag = {
  kind: 'enum',
  values: ['text', 'json'],
  default: 'text',
  brief: 'text for people, json for one event per line',
} as const;

export const breakLockFlag = {
  kind: 'boolean',
  brief: 'take the cluster lock even if another run holds it',
  default: false,
  withNegated: false,
} as const;

export const applyCommand = buildCommand<Flags, [string?], SealctlContext>({
  docs: {
    brief: 'bring the fleet in line with cluster.yaml',
    fullDescription: [
      'Shows the plan, asks for confirmation, and applies it host by host within the bounds of `rollout`. Before a worker restarts, it is cordoned',
      'and its running tasks finish. Then apply reads the fleet again: it exits 0 only if nothing is left to do.',
      'A saved plan is refused when cluster.yaml, a secret or the fleet has changed since the plan was made.',
      '',
      'EXAMPLES',
      '  sealctl apply',
      '  sealctl apply --yes --host worker-3',
      '  sealctl apply plan.json',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...fleetFlags,
      yes: {
        kind: 'boolean',
        brief: 'skip the confirmation prompt (for scripts and CI)',
        default: false,
        withNegated: false,
      },
      breakLock: breakLockFlag,
      format: progressFlag,
    },
    aliases: { ...clusterAliases, y: 'yes' },
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'plan saved by `sealctl plan --out`', parse: String, optional: true, placeholder: 'plan' },
      ],
    },
  },
  async func(flags, savedPlan) {
    const { spec, files } = loadWithWarnings(this, flags.file);
    const saved = savedPlan === undefined ? undefined : await readPlanFile(this, savedPlan);
    await withFleet(this, spec, flags, async (session) => {
      const { only, observation, plan } = await planSelected(session, flags);
      if (saved !== undefined) {
        const changes = changedSince(saved, plan.document, observation.secrets);
        if (changes.length > 0) throw savedPlanChanged(savedPlan ?? '', changes);
      }
      this.process.exitCode = await confirmAndApply(this, session, { plan, observation, files }, flags, only);
    });
  },
});

/** A plan, what it was made from, and the files that say so. */
export interface ReadyPlan {
  readonly plan: MadePlan;
  readonly observation: Observation;
  readonly files: readonly string[];
}

/** Shows a plan, asks unless `yes`, carries it out and looks again. Returns the exit code. */
export async function confirmAndApply(
  context: SealctlContext,
  session: FleetSession,
  made: ReadyPlan,
  flags: Pick<Flags, 'yes' | 'format' | 'breakLock'>,
  only: ((host: string) => boolean) | undefined,
): Promise<number> {
  const { document } = made.plan;
  const say = (text: string) => context.process.stderr.write(text);
  if (flags.format === 'text')
    context.process.stdout.write(renderPlan(document, 'text', context.terminal.color));
  if (!hasChanges(document)) return planExitCode(document);
  if (!flags.yes && !(await confirmed(context))) {
    say('Not applied: nothing was changed.\n');
    return exitCodes.error;
  }
  const interruption = context.listenForInterruption();
  session.breakOffOn(interruption.aborting);
  try {
    const view = applyView(context, flags.format, made.plan.document.waves.flat(), interruption.stopping);
    const request = {
      ...made.plan,
      operation: 'apply',
      observation: made.observation,
      confirm: () => confirmUnchanged(session, document, only),
      breakLock: flags.breakLock,
      revision: only === undefined ? await gitRevision(made.files, context.cwd) : undefined,
    };
    const result = await session.applyPlan(request, view, interruption);
    for (const { problems } of result.failed) say(problemsText(context, problems));
    say(whatIsLeft(result));
    // Looking changes nothing: the first Ctrl-C ends it.
    session.breakOffOn(interruption.stopping);
    const seen = interruption.stopping.aborted ? undefined : await session.observe(only);
    if (seen === undefined || interruption.stopping.aborted) return exitCodes.error;
    return tellWhatIsLeft(context, session.plan(seen, only).document, result, flags.format);
  } finally {
    interruption.dispose();
  }
}

/** Chooses the view for the output: JSON, a live terminal, or plain lines. */
export function applyView(
  context: SealctlContext,
  format: ProgressFormat,
  hosts: readonly string[],
  stopping: AbortSignal,
): ApplyView {
  if (format === 'json') return jsonApplyView((line) => context.process.stdout.write(`${line}\n`));
  if (context.terminal.stdout) return liveApplyView(hosts, stopping);
  return plainApplyView((line) => context.process.stdout.write(`${line}\n`));
}

async function confirmed(context: SealctlContext): Promise<boolean> {
  if (!context.terminal.stdin) {
    throw fail({
      code: 'confirmation-needed',
      summary: 'apply needs a confirmation, and this session cannot ask for one',
      why: 'standard input is not a terminal',
      fix: 'review the plan, then run sealctl apply --yes, or apply a saved plan with --yes',
    });
  }
  return (await context.ask('\nApply this plan? Only "yes" is taken as yes: '))?.trim() === 'yes';
}

/** Rejects when the fleet has changed since the plan was made, for example while a person reviewed it. */
async function confirmUnchanged(
  session: FleetSession,
  planned: PlanDocument,
  only: ((host: string) => boolean) | undefined,
): Promise<void> {
  const observation = await session.observe(only);
  const changes = changedSince(planned, session.plan(observation, only).document, observation.secrets);
  if (changes.length === 0) return;
  throw fail({
    code: 'plan-changed',
    summary: 'the plan is out of date; nothing was changed',
    why: changes.join('; '),
    fix: 'run the same command again and review the new plan',
  });
}

function tellWhatIsLeft(
  context: SealctlContext,
  document: PlanDocument,
  result: ApplyResult,
  format: ProgressFormat,
): number {
  const left = hasChanges(document) || planExitCode(document) !== exitCodes.ok;
  if (format === 'json')
    context.process.stdout.write(`${JSON.stringify({ event: 'looked-again', result, left: document })}\n`);
  else if (left)
    context.process.stdout.write(`\nStill to do:\n\n${renderPlan(document, 'text', context.terminal.color)}`);
  else context.process.stdout.write(`\nApplied: ${standsText(document)}.\n`);
  return left || result.failed.length > 0 ? exitCodes.error : exitCodes.ok;
}

function whatIsLeft(result: ApplyResult): string {
  const lines = [
    ...result.failed.flatMap((failure) =>
      failure.rolledBack === true ? [`${failure.host}: ${rolledBackText}`] : [],
    ),
    ...result.interrupted.map(
      ({ host, stepsDone, steps }) => `${host}: interrupted after ${stepsDone} of ${steps} steps`,
    ),
    ...(result.notStarted.length === 0 ? [] : [`not started: ${result.notStarted.join(', ')}`]),
  ];
  return lines.length === 0 ? '' : `${lines.join('\n')}\nRun \`sealctl apply\` again to resume.\n`;
}

function savedPlanChanged(path: string, changes: readonly string[]): Error {
  return fail({
    code: 'plan-changed',
    summary: `${path} is out of date; nothing was changed`,
    where: { in: 'command line', argument: path },
    why: changes.join('; '),
    fix: 'make and review a new plan with sealctl plan --out',
  });
}
