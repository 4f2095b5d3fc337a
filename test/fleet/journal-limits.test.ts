import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layoutOf } from '../../src/sealctl/host/layout.ts';
import {
  operationScript,
  parseOperationFailure,
  type ScriptedOperation,
} from '../../src/sealctl/host/operations/operation-script.ts';
import type { HostFacts, ProbeRequest } from '../../src/sealctl/host/probe/facts.ts';
import { parseProbeAnswers } from '../../src/sealctl/host/probe/probe-answers.ts';
import { probeScript } from '../../src/sealctl/host/probe/probe-script.ts';
import { compile } from '../../src/sealctl/kinds/compile.ts';
import { logs } from '../../src/sealctl/kinds/host/logs.ts';
import { fail } from '../../src/core/problem/problem.ts';
import type { Difference, DiffContext, Resource } from '../../src/sealctl/model/kind.ts';
import { clusterSpec, hostSpec, workerSpec } from '../sealctl/model/spec.ts';
import { startFleet, type Fleet } from './fleet.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet({ hosts: ['h1'] });
});
afterAll(async () => {
  await fleet.down();
});

const layout = layoutOf({ services: 'systemd', root: '/' });
const unit = 'talking.service';

async function output(command: string): Promise<string> {
  const { stdout } = await fleet.exec('h1', ['sh', '-c', command]);
  return stdout;
}

async function probe(requests: readonly ProbeRequest[]): Promise<HostFacts> {
  const { stdout } = await fleet.exec('h1', ['sh', '-c', 'sh -s | base64 -w0'], {
    input: probeScript(requests, layout),
  });
  const answers = parseProbeAnswers(Buffer.from(stdout, 'base64'));
  if (answers.facts === undefined) throw new Error(answers.problem);
  return answers.facts;
}

async function run(operation: ScriptedOperation): Promise<void> {
  const { script, stdin } = operationScript(operation, layout, new Map());
  const { exitCode, stderr } = await fleet.exec('h1', ['sh', '-c', script], { input: stdin });
  if (exitCode === 0) return;
  throw fail(parseOperationFailure(operation, 'h1', { status: exitCode ?? 255, stderr }));
}

async function apply({ steps }: Difference): Promise<void> {
  expect(steps.length).toBeGreaterThan(0);
  for (const step of steps) if (step.on === 'host') await run(step.operation as ScriptedOperation);
}

function resourceOf(maxSizeBytes: number, keep: number): Resource {
  const host = hostSpec('h1', [workerSpec('h1', 'main')], { logs: { maxSizeBytes, keep } });
  const found = compile(clusterSpec([host]))
    .get('h1')
    ?.find(({ kind }) => kind === 'logs');
  if (found === undefined) throw new Error('the host has no resource of the kind logs');
  return found;
}

async function difference(resource: Resource): Promise<Difference> {
  const wanted = resource as Parameters<typeof logs.diff>[0];
  const facts = await probe(logs.probe(wanted));
  const context: DiffContext = {
    facts,
    miner: { unreachable: 'there is none in this test' },
    secrets: new Map(),
    owned: facts.manifest.find(({ id }) => id === resource.id),
  };
  return logs.diff(wanted, context);
}

/** What journald said last of the size its journal may have, such as `128.0M`. */
async function maxOfJournal(): Promise<string | undefined> {
  const said = await output('journalctl --sync; journalctl -q -o cat -u systemd-journald.service -n 50');
  return [...said.matchAll(/^System Journal .* max ([0-9.]+[KMGT]),/gm)].at(-1)?.[1];
}

const talk = 'i=0; while :; do echo "line $i"; i=$((i+1)); sleep 0.01; done';
const main = () => output(`systemctl show -p MainPID --value ${unit}`);

describe('the limits of the journal', () => {
  test('limits of the journal reach journald and are removed again, while a service logs without losing a line', async () => {
    await output(`systemd-run -q --unit=${unit} sh -c '${talk}'`);
    const process = await main();
    const before = await maxOfJournal();

    const wanted = resourceOf(64 * 2 ** 20, 1);
    await apply(await difference(wanted));
    expect(await maxOfJournal()).toBe('128.0M');
    expect(await difference(wanted)).toMatchObject({ action: 'none', steps: [] });

    const more = resourceOf(64 * 2 ** 20, 3);
    await apply(await difference(more));
    expect(await maxOfJournal()).toBe('256.0M');

    const facts = await probe([]);
    const entry = facts.manifest.find(({ kind }) => kind === 'logs');
    if (entry === undefined) throw new Error('the manifest has no entry of the kind logs');
    await apply(logs.remove(entry, await probe(logs.probeOwned(entry))));
    expect(await maxOfJournal()).toBe(before);
    expect((await probe([])).manifest).toEqual([]);
    expect(await output('ls /etc/systemd/journald.conf.d')).toBe('');

    expect(await main()).toBe(process);
    await output(`systemctl stop ${unit}; journalctl --sync`);
    const lines = (await output(`journalctl -q -o cat -u ${unit} _COMM=sh`)).trim().split('\n');
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.filter((line, index) => line !== `line ${index}`)).toEqual([]);
  });
});
