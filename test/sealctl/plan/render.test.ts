import { describe, expect, test } from 'vitest';
import { renderPlanMarkdown } from '../../../src/sealctl/plan/render/render-markdown.ts';
import { renderPlanText } from '../../../src/sealctl/plan/render/render-text.ts';
import { emptyPlan, examplePlan } from './example-plan.ts';

describe('a plan as text', () => {
  test('keeps drift apart from changes and ends with what is destructive', async () => {
    await expect(renderPlanText(examplePlan, { color: false })).toMatchFileSnapshot('golden/plan.txt');
  });
  test('says in one line that there is nothing to do', () => {
    expect(renderPlanText(emptyPlan, { color: false })).toBe(
      'No changes: f01000-lab matches cluster.yaml.\n',
    );
  });
  test('claims no more than was asked for', () => {
    const chosen = { ...emptyPlan, chosen: true };
    expect(renderPlanText(chosen, { color: false })).toBe(
      'No changes: the chosen hosts of f01000-lab match cluster.yaml.\n',
    );
    expect(renderPlanMarkdown(chosen)).toContain('**No changes** to the chosen hosts of `f01000-lab`.');
  });
  test('the plan of a fleet of which nothing could be read does not look like success', () => {
    const { unreachable } = examplePlan;
    const unreadable = { ...emptyPlan, complete: false, unchangedHosts: 0, unreachable };
    expect(renderPlanText(unreadable, { color: false })).toMatch(
      /\nNothing could be read\. 1 host unreachable\n$/,
    );
    expect(renderPlanText(unreadable, { color: true })).toContain('\u001B[31mNothing could be read.');
    expect(renderPlanMarkdown(unreadable)).toContain('**Nothing could be read** of `f01000-lab`.');
  });
  test('says the same with and without color', () => {
    // oxlint-disable-next-line no-control-regex -- escape sequences are what is taken away
    const plain = renderPlanText(examplePlan, { color: true }).replaceAll(/\u001B\[\d+m/g, '');
    expect(plain).toBe(renderPlanText(examplePlan, { color: false }));
  });
});

describe('a plan as markdown', () => {
  test('is a table a host, in which no value can break a cell', async () => {
    await expect(renderPlanMarkdown(examplePlan)).toMatchFileSnapshot('golden/plan.md');
  });
});
