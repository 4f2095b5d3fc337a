import { describe, expect, test } from 'vitest';
import { renderPlanMarkdown } from '../../../src/sealctl/plan/render/render-markdown.ts';
import { renderPlanText } from '../../../src/sealctl/plan/render/render-text.ts';
import type { Change, HostPlan, PlanDocument, PlannedFinding } from '../../../src/sealctl/model/plan.ts';
import { emptyPlan, examplePlan } from './example-plan.ts';

const nothing: HostPlan = {
  host: 'h1',
  address: '10.0.0.1',
  removed: false,
  blocked: false,
  changes: [],
  findings: [],
  steps: [],
  restarts: [],
  stepsDigest: 'aa',
};
const planOf = (...hosts: Partial<HostPlan>[]): PlanDocument => ({
  ...emptyPlan,
  hosts: hosts.map((host) => ({ ...nothing, ...host })),
});
type Field = Change['fields'][number];
const field = (changes: Partial<Field> = {}): Field => ({
  field: 'mode',
  before: { show: 'value', value: null },
  after: { show: 'value', value: '0644' },
  class: 'live',
  cause: 'change',
  reason: 'no process reads it',
  ...changes,
});
const change = (action: Change['action'], fields: Field[] = [field()], resource = 'h1/limits'): Change => ({
  resource,
  kind: 'file',
  action,
  class: fields[0]?.class ?? 'live',
  fields,
});
const finding = (summary: string, changes: Partial<PlannedFinding> = {}): PlannedFinding => ({
  code: 'c',
  severity: 'warning',
  summary,
  ...changes,
});
const text = (plan: PlanDocument) => renderPlanText(plan, { color: false });
/** The text for a terminal, each color by its name. */
const colored = (plan: PlanDocument) => {
  const names: Readonly<Record<string, string>> = { 1: 'b', 2: 'dim', 31: 'red', 32: 'green', 33: 'yellow' };
  // oxlint-disable-next-line no-control-regex -- escape sequences are what is named
  return renderPlanText(plan, { color: true }).replaceAll(/\u001B\[(\d+)m/g, (_, code: string) =>
    code in names ? `<${names[code]}>` : '</>',
  );
};

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

describe('the changes of a plan as text', () => {
  test('say why a field changes, save for a new thing that disturbs nothing', () => {
    const origin = { layer: 'built-in', path: 'ulimits' };
    const fields = [field(), field({ field: '', origin }), field({ field: 'owner', class: 'restart' })];
    expect(text(planOf({ changes: [change('create', fields), change('update')] }))).toMatchInlineSnapshot(`
      "Changes
        h1 (10.0.0.1)
          + limits  [live]
              mode   "0644"
              "0644"   # built-in ulimits
              owner  "0644"   # no process reads it
          ~ limits  [live]
              mode  "0644"   # no process reads it

      Destructive changes: none

      Plan for f01000-lab: 1 to create, 1 to change, 0 to delete.
      "
    `);
  });

  test('keep the whole id of a thing that was recorded under the name that the host had before', () => {
    const plan = planOf({ changes: [change('delete', [field()], 'old/limits')] });
    expect(text(plan)).toContain('    - old/limits  [live]\n');
    expect(renderPlanMarkdown(plan)).toContain('| delete | old/limits | mode |');
  });

  test('have the color of what is done and of its impact', () => {
    const classes = ['live', 'redeclare', 'restart', 'miner-restart'] as const;
    const changes = classes.map((each) => change('update', [field({ class: each })]));
    const plan = planOf({ changes: [change('create'), change('delete'), ...changes] });
    expect(colored(plan)).toMatchInlineSnapshot(`
      "<b>Changes</>
        <b>h1</> <dim>(10.0.0.1)</>
          <green>+</> limits  <dim>[live]</>
              mode  "0644"
          <red>-</> limits  <dim>[live]</>
              mode  "0644"<dim>   # no process reads it</>
          <yellow>~</> limits  <dim>[live]</>
              mode  "0644"<dim>   # no process reads it</>
          <yellow>~</> limits  <dim>[redeclare]</>
              mode  "0644"<dim>   # no process reads it</>
          <yellow>~</> limits  <yellow>[restart]</>
              mode  "0644"<dim>   # no process reads it</>
          <yellow>~</> limits  <yellow>[miner-restart]</>
              mode  "0644"<dim>   # no process reads it</>

      <b>Destructive changes (sector data always stays):</>
        <red>-</> h1/limits

      Plan for f01000-lab: 1 to create, 4 to change, 1 to delete.
      "
    `);
  });

  test('tell of a host that was removed, is blocked, or both', () => {
    const changes = [change('update')];
    const plan = planOf(
      { changes, blocked: true },
      { host: 'h2', changes: [change('update', [field()], 'h2/limits')], blocked: true, removed: true },
    );
    expect(text(plan)).toMatchInlineSnapshot(`
      "Changes
        h1 (10.0.0.1) blocked; see Findings
          ~ limits  [live]
              mode  "0644"   # no process reads it
        h2 (10.0.0.1) removed from cluster.yaml; blocked; see Findings
          ~ limits  [live]
              mode  "0644"   # no process reads it

      Destructive changes: none

      Plan for f01000-lab: 0 to create, 2 to change, 0 to delete; blocked: h1, h2.
      "
    `);
  });
});

describe('the rest of a plan as text', () => {
  test('tells until when a host is held', () => {
    const hold = { who: 'ana', since: '2026-11-01', why: 'new disks', until: '2026-11-03' };
    const heading = 'On hold (skipped until `sealctl undrain HOST`)';
    expect(text(planOf({ hold }))).toBe(
      `${heading}\n  h1: held by ana since 2026-11-01 until 2026-11-03: new disks (0 changes waiting)\n\n` +
        'No changes: f01000-lab matches cluster.yaml. held: h1\n',
    );
  });

  test('names the tasks that a restart waits for, one of an unknown type by its whole name', () => {
    const runningTasks = [
      { task: 'seal/v0/commit/2', sector: 1, runningS: 60 },
      { task: 'seal/v9/unheard', sector: 2, runningS: 5 },
    ];
    expect(text(planOf({ restarts: [{ worker: 'w', runningTasks }] }))).toBe(
      'Restarts: each worker is drained first\n' +
        '  h1/w: waits for C2 of sector 1 (1m so far), seal/v9/unheard of sector 2 (5s so far)\n\n' +
        'No changes: f01000-lab matches cluster.yaml. 1 worker restarts; waits for 2 running tasks\n',
    );
  });

  test('shows findings of one cause together, those of the cluster first, each cause with its own remedy', () => {
    const shared = { severity: 'error', why: 'it is full', fix: 'make room' } as const;
    const plan = {
      ...planOf(
        { findings: [finding('disk full', shared), finding('old kernel')] },
        { host: 'h2', findings: [finding('disk 2 full', shared), finding('other', { code: 'd' })] },
      ),
      findings: [finding('two miners', { fix: 'stop one' })],
    };
    expect(colored(plan)).toMatchInlineSnapshot(`
      "<b>Findings</>
        cluster: <yellow>warning</>[c]: two miners
            fix: stop one
        h1: <red>error</>[c]: disk full
        h2: <red>error</>[c]: disk 2 full
            why: it is full
            fix: make room
        h1: <yellow>warning</>[c]: old kernel
        h2: <yellow>warning</>[d]: other

      <green>No changes: f01000-lab matches cluster.yaml.</>
      "
    `);
  });

  test('names all bounds of the rollout', () => {
    const plan = { ...planOf({}), waves: [['h1']], bounds: ['one at once', 'canary h1 first'] };
    expect(text(plan)).toBe(
      'Rollout (one at once; canary h1 first)\n  wave 1: h1\n\nNo changes: f01000-lab matches cluster.yaml.\n',
    );
  });

  test('does not take the fleet for right where a part of it could not be read', () => {
    const plan = { ...emptyPlan, complete: false };
    expect(colored(plan)).toBe(
      '<yellow>No changes: f01000-lab matches cluster.yaml, as far as could be read.</>\n',
    );
    expect(colored(emptyPlan)).toBe('<green>No changes: f01000-lab matches cluster.yaml.</>\n');
  });

  test.each([
    [['create', 'update'], '1 to create, 1 to change, 0 to delete'],
    [['update', 'delete'], '0 to create, 1 to change, 1 to delete'],
    [['create', 'delete'], '1 to create, 0 to change, 1 to delete'],
  ] as const)('counts what is done: %j', (actions, counts) => {
    const plan = planOf({ changes: actions.map((action) => change(action)) });
    expect(text(plan)).toMatch(new RegExp(`\nPlan for f01000-lab: ${counts}\\.\n$`));
    expect(renderPlanMarkdown(plan)).toMatch(
      new RegExp(`^### sealctl plan\n\n\\*\\*f01000-lab\\*\\*: ${counts}, `),
    );
  });
});

describe('a plan as markdown for a pull request', () => {
  test('of a fleet that is as it should be is one sentence', () => {
    expect(renderPlanMarkdown(emptyPlan)).toBe('### sealctl plan\n\n**No changes** to `f01000-lab`.\n');
  });

  test('has no table for a host with findings alone', () => {
    expect(renderPlanMarkdown(planOf({ findings: [finding('old kernel')] }))).toBe(
      '### sealctl plan\n\n**No changes** to `f01000-lab`.\n\n' +
        '**Findings**\n\n- h1: warning: old kernel\n\n**Destructive changes:** none\n',
    );
  });

  test('says that nothing is destroyed, and keeps whatever an operator wrote within its cell', () => {
    const wrote = field({ after: { show: 'value', value: [String.raw`a\b`, 'c|d', 'e\nf', '<g>'] } });
    expect(renderPlanMarkdown(planOf({ changes: [change('create', [wrote])] }))).toMatchInlineSnapshot(`
      "### sealctl plan

      **f01000-lab**: 1 to create, 0 to change, 0 to delete, 0 worker restarts, 0 drifted.

      #### h1

      | what | resource | field | before -> after | class | from |
      | --- | --- | --- | --- | --- | --- |
      | create | limits | mode | [a\\\\b c\\|d e f &lt;g>] | live |  |

      **Destructive changes:** none
      "
    `);
  });
});
