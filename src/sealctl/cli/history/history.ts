import { buildCommand } from '@stricli/core';
import { journalDirectory, readJournals, type JournalEntry } from '../../apply/journal/journal.ts';
import { readHostHistory } from '../../apply/journal/host-history.ts';
import type { HistoryLine } from '../../host/lock/history-script.ts';
import { messageOf } from '@sealctl/core/problem/problem';
import { renderTable } from '@sealctl/core/text/table';
import type { SealctlContext } from '../core/context.ts';
import { withFleet } from '../core/fleet-session.ts';
import {
  clusterAliases,
  fleetFlags,
  formatFlag,
  hostFilter,
  type FleetFlags,
  type FormatFlag,
} from '../core/flags.ts';
import { loadForCommand } from '../core/load.ts';

interface Flags extends FleetFlags, FormatFlag {
  readonly limit: number;
  readonly local: boolean;
}

interface HostHistory {
  readonly host: string;
  readonly lines: readonly HistoryLine[];
  readonly unreachable?: string;
}

export const historyCommand = buildCommand<Flags, [], SealctlContext>({
  docs: {
    brief: 'show what was applied, by whom and with what result',
    fullDescription: [
      "Lists runs started on this machine (no result means killed), then each host's own log of all runs.",
      '',
      'EXAMPLES',
      '  sealctl history',
      '  sealctl history --host worker-1 --limit 50',
      '  sealctl history --local',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...fleetFlags,
      limit: {
        kind: 'parsed',
        parse: parseCount,
        brief: 'show at most this many entries of each log',
        default: '10',
        placeholder: 'count',
      },
      local: {
        kind: 'boolean',
        brief: 'only the runs recorded on this machine; opens no connection',
        default: false,
        withNegated: false,
      },
      ...formatFlag,
    },
    aliases: clusterAliases,
  },
  async func(flags) {
    const { spec } = loadForCommand(this, flags.file);
    const journals = readJournals(journalDirectory(this.process.env, spec.cluster), flags.limit);
    const only = hostFilter(flags.host);
    const hosts = flags.local ? [] : spec.hosts.filter((host) => only?.(host.name) ?? true);
    const histories = await withFleet(this, spec, flags, ({ fleet }) =>
      Promise.all(
        hosts.map(async (host): Promise<HostHistory> => {
          try {
            return {
              host: host.name,
              lines: await readHostHistory(host, await fleet.connection(host), flags.limit),
            };
          } catch (thrown) {
            return { host: host.name, lines: [], unreachable: messageOf(thrown) };
          }
        }),
      ),
    );
    this.process.stdout.write(
      flags.format === 'json'
        ? `${JSON.stringify({ local: journals, hosts: histories }, undefined, 2)}\n`
        : [
            journalText(journals, this.terminal.columns),
            ...histories.map((history) => hostText(history, this.terminal.columns)),
          ].join('\n'),
    );
  },
});

function journalText(journals: readonly JournalEntry[], width: number): string {
  if (journals.length === 0) return 'No run was started on this machine.\n';
  const rows = journals.map(({ head, result }) => [
    head.when,
    head.who,
    head.operation,
    head.hosts.join(' '),
    resultText(result),
  ]);
  return `Runs started on this machine\n${renderTable({ columns: ['when', 'who', 'what', 'hosts', 'result'], rows, width })}`;
}

function resultText(result: JournalEntry['result']): string {
  if (result === undefined) return 'killed, or still running';
  const parts = [
    `${result.done.length} done`,
    ...result.failed.map(
      (failure) =>
        `${failure.host} failed at: ${failure.step}${failure.rolledBack === true ? ', rolled back' : ''}`,
    ),
    ...result.interrupted.map(
      ({ host, stepsDone, steps }) => `${host} interrupted after ${stepsDone} of ${steps}`,
    ),
    ...(result.notStarted.length === 0 ? [] : [`${result.notStarted.length} not started`]),
  ];
  return parts.join(', ');
}

function hostText({ host, lines, unreachable }: HostHistory, width: number): string {
  if (unreachable !== undefined) return `${host}: ${unreachable}\n`;
  if (lines.length === 0) return `${host}: nothing yet\n`;
  const rows = lines.map((line) => [
    line.when,
    line.who,
    line.operation,
    line.plan,
    `${line.outcome}, ${line.stepsDone} of ${line.steps} steps${line.failure === undefined ? '' : `: ${line.failure}`}`,
  ]);
  return `${host}\n${renderTable({ columns: ['when', 'who', 'what', 'plan', 'result'], rows, width })}`;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`${text} is not a count of at least 1`);
  return count;
}
