import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/sealctl/kinds/compile.ts';
import { logs } from '../../src/sealctl/kinds/host/logs.ts';
import type { Difference, DiffContext, Resource } from '../../src/sealctl/model/kind.ts';
import type { ScriptedOperation } from '../../src/sealctl/host/operations/operation-script.ts';
import { clusterSpec, hostSpec, workerSpec } from '../sealctl/model/spec.ts';
import { startFleet, type Fleet } from './fleet.ts';
import { ScriptedHost } from './scripted-host.ts';

let fleet: Fleet;
let host: ScriptedHost;
beforeAll(async () => {
  fleet = await startFleet({ hosts: ['h1'] });
  host = new ScriptedHost(fleet, 'h1');
});
afterAll(async () => {
  await fleet.down();
});

const unit = 'talking.service';

async function apply({ steps }: Difference): Promise<void> {
  expect(steps.length).toBeGreaterThan(0);
  for (const step of steps) if (step.on === 'host') await host.run(step.operation as ScriptedOperation);
}

function resourceOf(maxSizeBytes: number, keep: number): Resource {
  const wanted = hostSpec('h1', [workerSpec('h1', 'main')], { logs: { maxSizeBytes, keep } });
  const found = compile(clusterSpec([wanted]))
    .get('h1')
    ?.find(({ kind }) => kind === 'logs');
  if (found === undefined) throw new Error('the host has no resource of the kind logs');
  return found;
}

async function difference(resource: Resource): Promise<Difference> {
  const wanted = resource as Parameters<typeof logs.diff>[0];
  const facts = await host.probe(logs.probe(wanted));
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
  const said = await host.output('journalctl --sync; journalctl -q -o cat -u systemd-journald.service -n 50');
  return [...said.matchAll(/^System Journal .* max ([0-9.]+[KMGT]),/gm)].at(-1)?.[1];
}

const talk = 'i=0; while :; do echo "line $i"; i=$((i+1)); sleep 0.01; done';
const main = () => host.output(`systemctl show -p MainPID --value ${unit}`);

describe('the limits of the journal', () => {
  test('limits of the journal reach journald and are removed again, while a service logs without losing a line', async () => {
    await host.output(`systemd-run -q --unit=${unit} sh -c '${talk}'`);
    const process = await main();
    const before = await maxOfJournal();

    const wanted = resourceOf(64 * 2 ** 20, 1);
    await apply(await difference(wanted));
    expect(await maxOfJournal()).toBe('128.0M');
    expect(await difference(wanted)).toMatchObject({ action: 'none', steps: [] });

    const more = resourceOf(64 * 2 ** 20, 3);
    await apply(await difference(more));
    expect(await maxOfJournal()).toBe('256.0M');

    const facts = await host.probe([]);
    const entry = facts.manifest.find(({ kind }) => kind === 'logs');
    if (entry === undefined) throw new Error('the manifest has no entry of the kind logs');
    await apply(logs.remove(entry, await host.probe(logs.probeOwned(entry))));
    expect(await maxOfJournal()).toBe(before);
    expect((await host.probe([])).manifest).toEqual([]);
    expect(await host.output('ls /etc/systemd/journald.conf.d')).toBe('');

    expect(await main()).toBe(process);
    await host.output(`systemctl stop ${unit}; journalctl --sync`);
    const lines = (await host.output(`journalctl -q -o cat -u ${unit} _COMM=sh`)).trim().split('\n');
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.filter((line, index) => line !== `line ${index}`)).toEqual([]);
  });
});
