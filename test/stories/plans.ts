import { expect } from 'vitest';
import { planDocument, type PlanDocument } from '../../src/sealctl/model/plan.ts';
import { formatChange } from '../../src/sealctl/plan/render/format-value.ts';
import type { StoryGround } from './ground.ts';

/** A plan as a program reads it. */
export async function plan(
  ground: StoryGround,
  ...words: string[]
): Promise<{ readonly code: number; readonly document: PlanDocument }> {
  const { code, out, err } = await ground.sealctl('plan', '--format=json', ...words);
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
export async function plannedLines(ground: StoryGround): Promise<string[]> {
  const { code, document } = await plan(ground);
  expect(code, fieldLines(document).join('\n')).toBe(2);
  return fieldLines(document);
}

/** Applies, and expects that nothing is left to do. */
export async function apply(ground: StoryGround, ...words: string[]): Promise<string> {
  const { code, out, err } = await ground.sealctl('apply', '--yes', ...words);
  expect(code, `${out}${err}`).toBe(0);
  await expectNothingToDo(ground);
  return out;
}

/** The plan is empty, and says so. */
export async function expectNothingToDo(ground: StoryGround): Promise<void> {
  const { code, document } = await plan(ground);
  expect({ code, changes: fieldLines(document) }).toEqual({ code: 0, changes: [] });
}
