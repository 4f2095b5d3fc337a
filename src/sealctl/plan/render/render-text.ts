import { taskByName } from '@sealctl/core/lotus/task-type';
import pc from 'picocolors';
import type { FieldChange } from '../../model/field-change.ts';
import type { Change, HostPlan, PlanDocument, PlannedFinding } from '../../model/plan.ts';
import { formatChange, formatOrigin, formatResource } from './format-value.ts';
import { durationText } from '@sealctl/core/text/units';
import {
  counted,
  hostList,
  noHostReadable,
  isDrift,
  standsText,
  summarise,
  type PlanSummary,
} from '../summary.ts';

type Colors = ReturnType<typeof pc.createColors>;

/** Renders the plan for a terminal: drift apart from changes, every field with its impact and reason. */
export function renderPlanText(plan: PlanDocument, options: { readonly color: boolean }): string {
  const colors = pc.createColors(options.color);
  const summary = summarise(plan);
  const sections = [
    changesSection('Drift: changed on the host since the last apply', plan, isDrift, colors),
    changesSection('Changes', plan, (change) => !isDrift(change), colors),
    heldSection(plan, colors),
    restartsSection(plan, colors),
    findingsSection(plan, colors),
    unreachableSection(plan, colors),
    rolloutSection(plan, colors),
    destructiveSection(plan, summary, colors),
  ];
  return [...sections.filter((section) => section.length > 0), [closingLine(plan, summary, colors)]]
    .map((section) => section.join('\n'))
    .join('\n\n')
    .concat('\n');
}

function changesSection(
  title: string,
  plan: PlanDocument,
  belongs: (change: Change) => boolean,
  colors: Colors,
): string[] {
  const hosts = plan.hosts.flatMap((host) => {
    const changes = host.changes.filter(belongs);
    return changes.length === 0 || host.hold !== undefined ? [] : [...hostLines(host, changes, colors)];
  });
  return hosts.length === 0 ? [] : [colors.bold(title), ...hosts];
}

function hostLines(host: HostPlan, changes: readonly Change[], colors: Colors): string[] {
  const notes = [
    host.removed ? 'removed from cluster.yaml' : '',
    host.blocked ? 'blocked; see Findings' : '',
  ];
  const note = notes.filter((text) => text !== '').join('; ');
  return [
    `  ${colors.bold(host.host)} ${colors.dim(`(${host.address})`)}${note === '' ? '' : ` ${colors.yellow(note)}`}`,
    ...changes.flatMap((change) => changeLines(host, change, colors)),
  ];
}

function changeLines(host: HostPlan, change: Change, colors: Colors): string[] {
  const name = formatResource(host.host, change.resource);
  const width = Math.min(40, Math.max(0, ...change.fields.map((field) => field.field.length)));
  return [
    `    ${symbol(change, colors)} ${name}  ${classMark(change.class, colors)}`,
    ...change.fields.map((field) => fieldLine(change, field, width, colors)),
  ];
}

function fieldLine(change: Change, field: FieldChange, width: number, colors: Colors): string {
  const origin = formatOrigin(field.origin);
  // For a new resource the reason of `live` is obvious.
  const reason = change.action === 'create' && field.class === 'live' ? '' : field.reason;
  const tail = [origin, reason].filter((text) => text !== '').join('; ');
  const value = formatChange(field);
  const name = field.field === '' ? '' : `${field.field.padEnd(width)}  `;
  return `        ${name}${value}${tail === '' ? '' : colors.dim(`   # ${tail}`)}`;
}

function symbol(change: Change, colors: Colors): string {
  switch (change.action) {
    case 'create':
      return colors.green('+');
    case 'update':
      return colors.yellow('~');
    case 'delete':
      return colors.red('-');
  }
}

function classMark(changeClass: Change['class'], colors: Colors): string {
  const text = `[${changeClass}]`;
  return changeClass === 'live' || changeClass === 'redeclare' ? colors.dim(text) : colors.yellow(text);
}

function heldSection(plan: PlanDocument, colors: Colors): string[] {
  const lines = plan.hosts.flatMap(({ host, hold, changes }) => {
    if (hold === undefined) return [];
    const until = hold.until === undefined ? '' : ` until ${hold.until}`;
    return [
      `  ${host}: held by ${hold.who} since ${hold.since}${until}: ${hold.why} (${counted(changes.length, 'change')} waiting)`,
    ];
  });
  return lines.length === 0 ? [] : [colors.bold('On hold (skipped until `sealctl undrain HOST`)'), ...lines];
}

function restartsSection(plan: PlanDocument, colors: Colors): string[] {
  const lines = plan.hosts.flatMap(({ host, restarts }) =>
    restarts.map(({ worker, runningTasks }) => {
      const tasks = runningTasks.map(
        (task) =>
          `${taskByName(task.task)?.code ?? task.task} of sector ${task.sector} (${durationText(task.runningS * 1000)} so far)`,
      );
      return `  ${host}/${worker}: ${tasks.length === 0 ? 'idle now' : `waits for ${tasks.join(', ')}`}`;
    }),
  );
  return lines.length === 0 ? [] : [colors.bold('Restarts: each worker is drained first'), ...lines];
}

function findingsSection(plan: PlanDocument, colors: Colors): string[] {
  const all: HostFinding[] = [
    ...plan.findings.map((finding) => ({ host: 'cluster', finding })),
    ...plan.hosts.flatMap(({ host, findings }) => findings.map((finding) => ({ host, finding }))),
  ];
  // Fifty hosts with one cause have one remedy: it is shown once.
  const groups = new Map<string, HostFinding[]>();
  for (const each of all) {
    const { severity, code, why, fix } = each.finding;
    const cause = JSON.stringify([severity, code, why, fix]);
    groups.set(cause, [...(groups.get(cause) ?? []), each]);
  }
  const lines = [...groups.values()].flatMap((group) => findingLines(group, colors));
  return lines.length === 0 ? [] : [colors.bold('Findings'), ...lines];
}

interface HostFinding {
  readonly host: string;
  readonly finding: PlannedFinding;
}

function findingLines(group: readonly HostFinding[], colors: Colors): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { severity, code, why, fix } = first.finding;
  const mark = severity === 'error' ? colors.red('error') : colors.yellow('warning');
  return [
    ...group.map(({ host, finding }) => `  ${host}: ${mark}[${code}]: ${finding.summary}`),
    ...(why === undefined ? [] : [`      why: ${why}`]),
    ...(fix === undefined ? [] : [`      fix: ${fix}`]),
  ];
}

function unreachableSection(plan: PlanDocument, colors: Colors): string[] {
  const lines = plan.unreachable.map(
    ({ host, step, reason }) => `  ${host}: ${colors.red('unreachable')} (${step}): ${reason}`,
  );
  return lines.length === 0 ? [] : [colors.bold('Not planned'), ...lines];
}

function rolloutSection(plan: PlanDocument, colors: Colors): string[] {
  if (plan.waves.length === 0) return [];
  return [
    `${colors.bold('Rollout')} ${colors.dim(`(${plan.bounds.join('; ')})`)}`,
    ...plan.waves.map((wave, index) => `  wave ${index + 1}: ${hostList(wave)}`),
  ];
}

function destructiveSection(plan: PlanDocument, summary: PlanSummary, colors: Colors): string[] {
  if (plan.hosts.every((host) => host.changes.length === 0)) return [];
  if (summary.destructive.length === 0) return [`${colors.bold('Destructive changes:')} none`];
  return [
    colors.bold('Destructive changes (sector data always stays):'),
    ...summary.destructive.map((resource) => `  ${colors.red('-')} ${resource}`),
  ];
}

function closingLine(plan: PlanDocument, summary: PlanSummary, colors: Colors): string {
  const { create, update, delete: deleted, drifted, restarts, waitedForTasks, blocked, held } = summary;
  const also = [
    drifted > 0 ? `${drifted} from drift` : '',
    restarts > 0 ? `${counted(restarts, 'worker')} ${restarts === 1 ? 'restarts' : 'restart'}` : '',
    waitedForTasks > 0 ? `waits for ${counted(waitedForTasks, 'running task')}` : '',
    blocked.length > 0 ? `blocked: ${hostList(blocked)}` : '',
    held.length > 0 ? `held: ${hostList(held)}` : '',
    plan.unreachable.length > 0 ? `${counted(plan.unreachable.length, 'host')} unreachable` : '',
  ].filter((text) => text !== '');
  if (create + update + deleted === 0) {
    return [nothingToDo(plan, colors), ...(also.length === 0 ? [] : [also.join('; ')])].join(' ');
  }
  return (
    [
      `Plan for ${plan.cluster}: ${create} to create, ${update} to change, ${deleted} to delete`,
      ...also,
    ].join('; ') + '.'
  );
}

function nothingToDo(plan: PlanDocument, colors: Colors): string {
  if (noHostReadable(plan)) return colors.red('Nothing could be read.');
  return plan.complete
    ? colors.green(`No changes: ${standsText(plan)}.`)
    : colors.yellow(`No changes: ${standsText(plan)}, as far as could be read.`);
}
