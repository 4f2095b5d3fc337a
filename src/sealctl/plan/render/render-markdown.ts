import type { Change, HostPlan, PlanDocument } from '../../model/plan.ts';
import { formatChange, formatOrigin, formatResource } from './format-value.ts';
import { counted, hostList, noHostReadable, isDrift, summarise } from '../summary.ts';

/** The plan for a pull request: a summary that is seen at once, the fields in tables, one per host. */
export function renderPlanMarkdown(plan: PlanDocument): string {
  const summary = summarise(plan);
  const head =
    summary.create + summary.update + summary.delete === 0
      ? nothingToDo(plan)
      : `**${plan.cluster}**: ${summary.create} to create, ${summary.update} to change, ${summary.delete} to delete, ` +
        `${counted(summary.restarts, 'worker restart')}, ${summary.drifted} drifted.`;
  const blocks = [
    `### sealctl plan\n\n${head}`,
    ...plan.hosts.filter((host) => host.changes.length > 0 && host.hold === undefined).map(hostBlock),
    ...list(
      'Held',
      plan.hosts.flatMap(({ host, hold }) =>
        hold === undefined ? [] : [`${host}: ${hold.who}, ${hold.why}`],
      ),
    ),
    ...list(
      'Findings',
      plan.hosts.flatMap(({ host, findings }) =>
        findings.map((finding) => `${host}: ${finding.severity}: ${finding.summary}`),
      ),
    ),
    ...list(
      'Unreachable',
      plan.unreachable.map(({ host, step, reason }) => `${host} (${step}): ${reason}`),
    ),
    ...list(
      'Rollout',
      plan.waves.map((wave, index) => `wave ${index + 1}: ${hostList(wave)}`),
    ),
    ...(plan.hosts.length === 0
      ? []
      : summary.destructive.length === 0
        ? ['**Destructive changes:** none']
        : list('Destructive changes', summary.destructive)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function hostBlock(host: HostPlan): string {
  const rows = host.changes.flatMap((change) =>
    change.fields.map((field) => {
      const kind = isDrift(change) ? 'drift' : change.action;
      const cells = [
        kind,
        formatResource(host.host, change.resource),
        field.field,
        formatChange(field),
        field.class,
        origin(field, change),
      ];
      return `| ${cells.map(cell).join(' | ')} |`;
    }),
  );
  const note = host.removed ? ' (removed from cluster.yaml)' : '';
  return [
    `#### ${host.host}${note}`,
    '',
    '| what | resource | field | before -> after | class | from |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function origin(field: Change['fields'][number], change: Change): string {
  return change.action === 'delete' ? 'removed from cluster.yaml' : formatOrigin(field.origin);
}

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`**${title}**\n\n${items.map((item) => `- ${item}`).join('\n')}`];
}

/** A table cell ends at a bar and a line break; what an operator wrote may hold either. */
function cell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
}

function nothingToDo(plan: PlanDocument): string {
  if (noHostReadable(plan)) return `**Nothing could be read** of \`${plan.cluster}\`.`;
  return `**No changes** to ${plan.chosen === true ? 'the chosen hosts of ' : ''}\`${plan.cluster}\`.`;
}
