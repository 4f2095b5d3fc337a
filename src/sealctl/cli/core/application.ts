import {
  buildApplication,
  buildCommand,
  buildRouteMap,
  proposeCompletions,
  text_en,
  FlagNotFoundError,
  type Application,
} from '@stricli/core';
import { ProblemError } from '@sealctl/core/problem/problem';
import { completeCommandName } from '@sealctl/core/text/shell-completion';
import { buildInfo } from '@sealctl/core/version';
import { applyCommand } from '../apply/apply.ts';
import { completionCommand } from '../completion/completion.ts';
import { drainCommand, undrainCommand } from '../drain/drain.ts';
import { historyCommand } from '../history/history.ts';
import { planCommand } from '../plan/plan.ts';
import { showCommand } from '../show/show.ts';
import { statusCommand } from '../status/status.ts';
import { validateCommand } from '../validate/validate.ts';
import { watchCommand } from '../watch/watch.ts';
import { exitCodes, type SealctlContext } from './context.ts';
import { usageCode, type NoFlags } from './flags.ts';
import { thrownText } from './load.ts';
import { proposalDistance, unknownCommandText, unknownFlagText } from './unknown-words.ts';

/** Proposals for the words typed so far, one a line: the word, a tab, what it is. The shells' scripts call it. */
const completeCommand = buildCommand<NoFlags, string[], SealctlContext>({
  docs: { brief: 'propose completions' },
  parameters: { positional: { kind: 'array', parameter: { brief: 'words typed so far', parse: String } } },
  async func(_flags, ...words) {
    const context = { ...this, clusterFile: fileIn(words) ?? this.clusterFile };
    const proposals = await proposeCompletions(sealctlApplication(context), words, context);
    for (const { completion, brief } of proposals) this.process.stdout.write(`${completion}\t${brief}\n`);
  },
});

/** The command line of sealctl, as data. */
export function sealctlApplication(context: SealctlContext): Application<SealctlContext> {
  const routes = buildRouteMap<string, SealctlContext>({
    docs: {
      brief: 'Declarative cluster manager for Filecoin sealing clusters',
      fullDescription: [
        'Write cluster.yaml, review it in git, then: sealctl plan, sealctl apply, sealctl drain HOST.',
        '',
        'Exit codes: 0 done or nothing to do, 1 error, 2 plan found changes, 64 usage.',
      ].join('\n'),
      hideRoute: { [completeCommandName]: true },
    },
    routes: {
      validate: validateCommand,
      plan: planCommand,
      apply: applyCommand,
      show: showCommand,
      status: statusCommand,
      watch: watchCommand,
      drain: drainCommand,
      undrain: undrainCommand,
      history: historyCommand,
      completion: completionCommand,
      [completeCommandName]: completeCommand,
    },
  });
  return buildApplication(routes, {
    name: 'sealctl',
    versionInfo: { getCurrentVersion: () => Promise.resolve(buildInfo().version) },
    scanner: {
      caseStyle: 'allow-kebab-for-camel',
      allowArgumentEscapeSequence: true,
      distanceOptions: proposalDistance,
    },
    determineExitCode: exitCodeOf,
    documentation: { disableAnsiColor: !context.terminal.color },
    localization: {
      text: {
        ...text_en,
        noCommandRegisteredForInput: unknownCommandText,
        exceptionWhileParsingArguments: (thrown, color) =>
          thrown instanceof FlagNotFoundError
            ? unknownFlagText(thrown)
            : text_en.exceptionWhileParsingArguments(thrown, color),
        exceptionWhileRunningCommand: (thrown) => thrownText(context, thrown),
        commandErrorResult: (error) => thrownText(context, error),
      },
    },
  });
}

/** The cluster file among the words of an unfinished command line. */
function fileIn(words: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => word === '-f' || word === '--file');
  const joined = words.findLast((word) => word.startsWith('--file='))?.slice('--file='.length);
  return joined ?? (at === -1 || at + 2 > words.length - 1 ? undefined : words[at + 1]);
}

function exitCodeOf(thrown: unknown): number {
  const usage = thrown instanceof ProblemError && thrown.problems.some(({ code }) => code === usageCode);
  return usage ? exitCodes.usage : exitCodes.error;
}
