import { expect } from 'vitest';
import { planDocument, type PlanDocument } from '../../src/sealctl/model/plan.ts';
import { formatChange } from '../../src/sealctl/plan/render/format-value.ts';
import type { Testbed } from './testbed.ts';

/** A plan as a program reads it. */
export async function plan(
  testbed: Testbed,
  ...words: string[]
): Promise<{ readonly code: number; readonly document: PlanDocument }> {
  const { code, out, err } = await testbed.sealctl('plan', '--format=json', ...words);
  if (!out.startsWith('{')) throw new Error(`sealctl plan ended with ${code} and no plan:\n${out}${err}`);
  return { code, document: planDocument.parse(JSON.parse(out)) };
}

/** Every planned field in a line: `worker-1/worker/main/env PC1_2K_MAX_CONCURRENT: "4" -> "5" [restart]`, with `drift: ` before drift. */
export function fieldLines({ hosts }: PlanDocument): string[] {
  return hosts.flatMap(({ changes }) =>
    changes.flatMap(({ resource, fields }) =>
      fields.map((field) => {
        const name = field.field === '' ? '' : ` ${field.field}`;
        const cause = field.cause === 'drift' ? 'drift: ' : '';
        return `${cause}${resource}${name}: ${formatChange(field)} [${field.class}]`;
      }),
    ),
  );
}

/** The lines of a plan that is to have changes. */
export async function plannedLines(testbed: Testbed): Promise<string[]> {
  const { code, document } = await plan(testbed);
  expect(code, fieldLines(document).join('\n')).toBe(2);
  return fieldLines(document);
}

/** Applies, and expects that nothing is left to do. */
export async function apply(testbed: Testbed, ...words: string[]): Promise<string> {
  const { code, out, err } = await testbed.sealctl('apply', '--yes', ...words);
  expect(code, `${out}${err}`).toBe(0);
  await expectNothingToDo(testbed);
  return out;
}

/**
 * Repairs a daemon in a restart loop. It lives for a moment between two restarts, and the plan of that moment is incomplete, because it
 * does not answer: then apply is tried again.
 */
export async function applyRepair(testbed: Testbed): Promise<void> {
  await expect
    .poll(() => testbed.sealctl('apply', '--yes'), { timeout: 90_000, interval: 250 })
    .toMatchObject({ code: 0 });
  await expectNothingToDo(testbed);
}

/** The plan is empty, and says so. */
export async function expectNothingToDo(testbed: Testbed): Promise<void> {
  const { code, document } = await plan(testbed);
  expect({ code, changes: fieldLines(document) }).toEqual({ code: 0, changes: [] });
}
