import { buildCommand } from '@stricli/core';
import { watch } from 'chokidar';
import { hasChanges } from '../../model/plan.ts';
import type { SealctlContext } from '../core/context.ts';
import { withFleet } from '../core/fleet-session.ts';
import {
  clusterAliases,
  clusterFlags,
  type ClusterFlags,
  patienceFlags,
  type PatienceFlags,
  usageProblem,
} from '../core/flags.ts';
import { thrownText, loadForCommand } from '../core/load.ts';
import { confirmAndApply } from '../apply/apply.ts';
import { renderPlan } from '../plan/plan.ts';

interface Flags extends ClusterFlags, PatienceFlags {
  readonly apply: boolean;
  readonly yes: boolean;
  readonly interval?: number;
}

/** Editors write a file in several steps; the plan is made when it has been quiet this long. */
const quietMs = 300;

export const watchCommand = buildCommand<Flags, [], SealctlContext>({
  docs: {
    brief: 'plan again whenever cluster.yaml changes',
    fullDescription: [
      'Plans at once, then whenever cluster.yaml or an included file changes, and every --interval seconds to detect drift.',
      'With --apply --yes it also applies. Ctrl-C ends it.',
      '',
      'EXAMPLES',
      '  sealctl watch',
      '  sealctl watch --interval 300 --apply --yes',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...clusterFlags,
      ...patienceFlags,
      apply: { kind: 'boolean', brief: 'also apply; needs --yes', default: false, withNegated: false },
      yes: { kind: 'boolean', brief: 'skip the confirmation prompt', default: false, withNegated: false },
      interval: {
        kind: 'parsed',
        parse: parseSeconds,
        brief: 'seconds between two plans',
        optional: true,
        placeholder: 'seconds',
      },
    },
    aliases: { ...clusterAliases, y: 'yes' },
  },
  async func(flags) {
    if (flags.apply && !flags.yes)
      throw usageProblem('--apply', 'watch --apply cannot ask for a confirmation', 'add --yes');
    const interruption = this.listenForInterruption();
    const { stopping, aborting } = interruption;
    // Whoever is interrupted while it applies is told of it once.
    const context = {
      ...this,
      listenForInterruption: () => ({ stopping, aborting, dispose: () => undefined }),
    };
    let files = watchedFiles(this, flags.file, []);
    const watcher = watch([...files], { ignoreInitial: true });
    try {
      while (!stopping.aborted) {
        const changed = nextChange(watcher, flags.interval, stopping);
        await planOnce(context, flags);
        files = watchedFiles(this, flags.file, files);
        watcher.add([...files]);
        await changed;
      }
    } finally {
      interruption.dispose();
      await watcher.close();
    }
  },
});

async function planOnce(context: SealctlContext, flags: Flags): Promise<void> {
  const say = (text: string) => context.process.stdout.write(text);
  say(`\n--- ${context.today().toISOString()}\n`);
  try {
    const { spec, files } = loadForCommand(context, flags.file);
    await withFleet(context, spec, flags, async (session) => {
      const observation = await session.observe();
      const plan = session.plan(observation);
      if (flags.apply && hasChanges(plan.document)) {
        await confirmAndApply(
          context,
          session,
          { plan, observation, files },
          { yes: true, format: 'text', breakLock: false },
          undefined,
        );
      } else {
        say(renderPlan(plan.document, 'text', context.terminal.color));
      }
    });
  } catch (thrown) {
    // Neither a half-edited file nor anything else that may be over the next time is a reason to stop watching.
    context.process.stderr.write(`${thrownText(context, thrown)}\n`);
  }
}

/** The files of the last version that could be read, so that a broken one is noticed when it is fixed. */
function watchedFiles(context: SealctlContext, file: string, before: readonly string[]): readonly string[] {
  try {
    return loadForCommand(context, file).files;
  } catch {
    return before.length === 0 ? [file] : before;
  }
}

/** Resolves after the next change and a moment of quiet, after the interval, or when the command is interrupted. */
function nextChange(
  watcher: ReturnType<typeof watch>,
  intervalS: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    let quiet: NodeJS.Timeout | undefined;
    const interval = intervalS === undefined ? undefined : setTimeout(done, intervalS * 1000);
    function done(): void {
      clearTimeout(quiet);
      clearTimeout(interval);
      watcher.off('all', onChange);
      signal.removeEventListener('abort', done);
      resolve();
    }
    function onChange(): void {
      clearTimeout(quiet);
      quiet = setTimeout(done, quietMs);
    }
    watcher.on('all', onChange);
    signal.addEventListener('abort', done);
  });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 1)) throw new Error(`${text} is not a number of seconds of at least 1`);
  return seconds;
}
