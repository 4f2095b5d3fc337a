import { describe, expect, test } from 'vitest';
import { renderPlanMarkdown } from '../../src/plan/render-markdown.ts';
import { renderPlanText } from '../../src/plan/render-text.ts';
import { emptyPlan, examplePlan } from './example-plan.ts';

describe('a plan as text', () => {
  test('keeps drift apart from changes and ends with what is destructive', async () => {
    await expect(renderPlanText(examplePlan, { colour: false })).toMatchFileSnapshot('golden/plan.txt');
  });
  test('says in one line that there is nothing to do', () => {
    expect(renderPlanText(emptyPlan, { colour: false })).toBe(
      'No changes. f01000-lab is as cluster.yaml says.\n',
    );
  });
  test('says the same with and without colour', () => {
    // oxlint-disable-next-line no-control-regex -- escape sequences are what is taken away
    const plain = renderPlanText(examplePlan, { colour: true }).replaceAll(/\u001B\[\d+m/g, '');
    expect(plain).toBe(renderPlanText(examplePlan, { colour: false }));
  });
});

describe('a plan as markdown', () => {
  test('is a table a host, in which no value can break a cell', async () => {
    await expect(renderPlanMarkdown(examplePlan)).toMatchFileSnapshot('golden/plan.md');
  });
});
