import { goDurationText } from '@sealctl/core/lotus/go-value';
import type { ExplainedRequest } from '@sealctl/core/lotus/sealing-values';
import { taskByName } from '@sealctl/core/lotus/task-type';

/** Any value as JSON with two spaces and keys in alphabetical order, as Go prints maps. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, part: unknown) =>
      typeof part === 'object' && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    2,
  );
}

/** `sched-diag --explain`: each waiting task with its reasons; workers that share a reason share a line. */
export function explainText(requests: readonly ExplainedRequest[]): string {
  if (requests.length === 0) return 'No task waits for a worker.\n';
  return requests.map(requestText).join('');
}

function requestText({ Sector, TaskType, SchedId, WaitingMs, Reasons }: ExplainedRequest): string {
  const age = goDurationText(Math.floor(WaitingMs / 100) * 100);
  const head = `Sector ${Sector.Number} ${taskByName(TaskType)?.code ?? TaskType} (${SchedId}), waiting for ${age}\n`;
  if (Reasons.length === 0) return `${head}\tis about to be assigned\n`;
  const byReason = new Map<string, string[]>();
  for (const { Hostname, Reason } of Reasons) {
    const hosts = byReason.get(Reason);
    if (hosts === undefined) byReason.set(Reason, [Hostname]);
    else hosts.push(Hostname);
  }
  return head + [...byReason].map(([reason, hosts]) => `\t${hosts.join(', ')}: ${reason}\n`).join('');
}
