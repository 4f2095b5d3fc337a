import {
  appendHistoryScript,
  parseHistory,
  readHistoryScript,
  type HistoryLine,
} from '../../host/lock/history-script.ts';
import { layoutOf } from '../../host/layout.ts';
import type { FleetHost } from '../../observe/fleet.ts';
import type { HostConnection } from '../../ssh/connection.ts';

/** Lines of history a host keeps. */
const linesKept = 1000;
const scriptTimeoutMs = 30_000;

/** Appends a line to the history on a host. */
export async function recordOnHost(
  host: FleetHost,
  connection: HostConnection,
  line: HistoryLine,
): Promise<void> {
  const { when, who, operation, plan, outcome, stepsDone, steps, failure } = line;
  const text = JSON.stringify({ when, who, operation, plan, outcome, stepsDone, steps, failure });
  await connection.exec({
    argv: ['sh', '-c', appendHistoryScript, 'sh', layoutOf(host).history, text, String(linesKept)],
    timeoutMs: scriptTimeoutMs,
    step: 'write the history',
  });
}

/** The latest lines a host keeps, the newest last. */
export async function readHostHistory(
  host: FleetHost,
  connection: HostConnection,
  limit: number,
): Promise<HistoryLine[]> {
  const { stdout } = await connection.exec({
    argv: ['sh', '-c', readHistoryScript, 'sh', layoutOf(host).history, String(limit)],
    timeoutMs: scriptTimeoutMs,
    step: 'read the history',
  });
  return parseHistory(stdout.toString('utf8'));
}
