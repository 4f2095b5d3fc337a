import { describe, expect, it } from 'vitest';
import type { InventoryHost } from '../../../src/sealctl/host/probe/facts.ts';
import { inventoryChange, wantedInventory } from '../../../src/sealctl/plan/inventory.ts';
import { clusterSpec, hostSpec } from '../model/spec.ts';

const host = (name: string, changes: Partial<InventoryHost> = {}): InventoryHost => ({
  name,
  address: `${name}.lab`,
  services: 'systemd',
  root: '/',
  become: 'sudo',
  ...changes,
});
const value = (shown: string | null) => ({ show: 'value', value: shown });
const [a, b, c] = [host('a'), host('b'), host('c')];
const unchanged = { action: 'none', fields: [], findings: [], steps: [] };

/** What is planned for the inventory of the miner's host `m`. */
function differenceOf(
  wanted: readonly InventoryHost[],
  present: readonly InventoryHost[] | undefined,
  cleaned: readonly string[] = [],
) {
  const inventory = present === undefined ? undefined : { revision: 'abc', hosts: present };
  return inventoryChange(wanted, inventory, 'm', new Set(cleaned)).difference;
}

const entered = (name: string, before: string | null, after: string) => ({
  field: name,
  before: value(before),
  after: value(after),
  class: 'live',
  cause: 'change',
  reason: 'the inventory keeps the host visible after it is removed from cluster.yaml',
});
const struck = (name: string, before: string) => ({
  field: name,
  before: value(before),
  after: value(null),
  class: 'live',
  cause: 'change',
  reason: 'nothing of the cluster is left on this host',
});
const written = (revision: string, ...hosts: readonly InventoryHost[]) => ({
  title: 'write the inventory',
  phase: 'prepare',
  on: 'host',
  operation: { do: 'write-inventory', inventory: { revision, hosts } },
});

describe('the wanted inventory', () => {
  it('has of each host what is needed to reach it, and nothing that cluster.yaml leaves to ssh_config', () => {
    const ssh = { become: 'none', hostKeys: 'strict', transport: 'ssh2' } as const;
    const login = { user: 'ops', port: 2222, proxyJump: 'bastion' };
    const plain = hostSpec('plain', [], { address: 'plain.lab', ssh });
    const jumped = hostSpec('jumped', [], {
      address: 'jumped.lab',
      services: 'supervisor',
      root: '/opt/sealctl',
      ssh: { ...ssh, ...login },
    });
    expect(wantedInventory(clusterSpec([plain, jumped]))).toStrictEqual([
      host('plain', { become: 'none' }),
      host('jumped', { services: 'supervisor', root: '/opt/sealctl', become: 'none', ...login }),
    ]);
  });
});

describe('the change of the inventory', () => {
  it('belongs to the host of the miner and to none of its daemons', () => {
    expect(inventoryChange([], undefined, 'm', new Set())).toEqual({
      id: 'm/inventory',
      kind: 'inventory',
      daemon: undefined,
      origins: {},
      difference: unchanged,
    });
  });

  it('creates an inventory of all hosts where there is none', () => {
    expect(differenceOf([a, b], undefined)).toEqual({
      action: 'create',
      fields: [entered('a', null, 'a.lab'), entered('b', null, 'b.lab')],
      findings: [],
      steps: [written('', a, b)],
    });
  });

  it('enters hosts that are new or reached in another way, and leaves the others and the revision', () => {
    const moved = host('b', { address: 'b.rack' });
    expect(differenceOf([a, moved, c], [a, b])).toEqual({
      action: 'update',
      fields: [entered('b', 'b.lab', 'b.rack'), entered('c', null, 'c.lab')],
      findings: [],
      steps: [written('abc', a, moved, c)],
    });
  });

  it('strikes removed hosts that are cleaned, and keeps those that are not', () => {
    expect(differenceOf([a], [a, b, c], ['b'])).toEqual({
      action: 'update',
      fields: [struck('b', 'b.lab')],
      findings: [],
      steps: [written('abc', a, c)],
    });
  });

  it('enters before it strikes', () => {
    expect(differenceOf([c], [a], ['a'])).toMatchObject({
      fields: [entered('c', null, 'c.lab'), struck('a', 'a.lab')],
      steps: [written('abc', c)],
    });
  });

  it('is nothing while every wanted host is entered as it is, whatever else is kept', () => {
    expect(differenceOf([a], [a])).toEqual(unchanged);
    expect(differenceOf([a], [b, a])).toEqual(unchanged);
    expect(differenceOf([a], [a], ['a'])).toEqual(unchanged);
  });
});
