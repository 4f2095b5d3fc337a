import { buildCommand } from '@stricli/core';
import { hasChanges, type PlanDocument } from '../../model/plan.ts';
import { renderPlanMarkdown } from '../../plan/render/render-markdown.ts';
import { renderPlanText } from '../../plan/render/render-text.ts';
import { exitCodes, type SealctlContext } from '../core/context.ts';
import { planSelected, withFleet } from '../core/fleet-session.ts';
import { clusterAliases, fleetFlags, type FleetFlags } from '../core/flags.ts';
import { loadWithWarnings } from '../core/load.ts';
import { assertPlanPlace, writePlanFile } from './plan-file.ts';

interface Flags extends FleetFlags {
  readonly format: PlanFormat;
  readonly out?: string;
}

export type PlanFormat = 'text' | 'json' | 'markdown';

export const planCommand = buildCommand<Flags, [], SealctlContext>({
  docs: {
    brief: 'show what apply would do',
    fullDescription: [
      'Reads every host once and compares it with cluster.yaml. Takes no lock and changes nothing.',
      'Exits 0 when there is nothing to do, 2 when there are changes, 1 after an error or when a host could not be read.',
      '',
      'EXAMPLES',
      '  sealctl plan',
      "  sealctl plan --host 'worker-*' --format markdown > plan.md",
      '  sealctl plan --out plan.json && sealctl apply plan.json',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...fleetFlags,
      format: {
        kind: 'enum',
        values: ['text', 'json', 'markdown'],
        default: 'text',
        brief: 'text for people, json for programs, markdown for a pull request',
      },
      out: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'save the plan for apply',
        placeholder: 'path',
      },
    },
    aliases: clusterAliases,
  },
  async func(flags) {
    const { spec } = loadWithWarnings(this, flags.file);
    if (flags.out !== undefined) await assertPlanPlace(this, flags.out);
    const { plan } = await withFleet(this, spec, flags, (session) => planSelected(session, flags));
    const { document } = plan;
    this.process.stdout.write(renderPlan(document, flags.format, this.terminal.color));
    if (flags.out !== undefined) await writePlanFile(this, flags.out, renderPlan(document, 'json', false));
    this.process.exitCode = planExitCode(document);
  },
});

export function renderPlan(document: PlanDocument, format: PlanFormat, color: boolean): string {
  switch (format) {
    case 'text':
      return renderPlanText(document, { color });
    case 'json':
      return `${JSON.stringify(document, undefined, 2)}\n`;
    case 'markdown':
      return renderPlanMarkdown(document);
  }
}

/** Returns the exit code of a plan: unreadable or blocked hosts and errors come before changes. */
export function planExitCode(document: PlanDocument): number {
  const blocked = document.hosts.some((host) => host.hold === undefined && host.blocked);
  if (!document.complete || blocked || document.findings.some((finding) => finding.severity === 'error'))
    return exitCodes.error;
  return hasChanges(document) ? exitCodes.changes : exitCodes.ok;
}
