import { describe, expect, test } from 'vitest';
import type { HostExecutor } from '../../../src/sealctl/apply/executor/ports.ts';
import {
  inventoryAfter,
  updateInventory,
  type InventoryUpdate,
} from '../../../src/sealctl/apply/journal/update-inventory.ts';
import type { HostFacts, Inventory } from '../../../src/sealctl/host/probe/facts.ts';
import type { FleetHost } from '../../../src/sealctl/observe/fleet.ts';
import { clusterSpec, hostSpec } from '../model/spec.ts';

const host = (name: string) =>
  ({ name, address: name, services: 'systemd', root: '/', become: 'none' }) as const;
const inventory: Inventory = { revision: 'abc', hosts: [host('a'), host('b')] };

describe('the inventory after an apply', () => {
  test('has lost the hosts that are struck and keeps the revision it had', () => {
    expect(inventoryAfter(inventory, new Set(['a']), undefined)).toEqual({
      revision: 'abc',
      hosts: [host('b')],
    });
  });

  test('tells the revision that was applied', () => {
    expect(inventoryAfter(inventory, new Set(), 'def').revision).toBe('def');
  });

  test('is not written again when nothing is new', () => {
    expect(inventoryAfter(inventory, new Set(['z']), 'abc')).toBe(inventory);
  });
});

const never = new AbortController().signal;
const context = { signal: never, progress: () => undefined };
const minerHost = hostSpec('miner', [], {
  ssh: { become: 'sudo', hostKeys: 'strict', transport: 'openssh' },
});
const spec = clusterSpec([minerHost, hostSpec('b', [])]);

/** What an apply to a fleet reads and writes for the inventory, when something of sealctl's is left on these hosts. */
async function updated(
  update: InventoryUpdate,
  found: Inventory | undefined,
  notBare: readonly string[] = [],
) {
  const read: FleetHost[] = [];
  const asked: unknown[] = [];
  const done: unknown[] = [];
  const fleet = {
    reader: (host: FleetHost) => {
      read.push(host);
      const facts = {
        manifest: notBare.includes(host.name) ? [{ id: 'left' }] : [],
        ...(host.name === 'miner' && found !== undefined ? { inventory: found } : {}),
      } as unknown as HostFacts;
      const probe = (requests: unknown) => {
        asked.push(requests);
        return Promise.resolve(facts);
      };
      return Promise.resolve({ probe, forward: () => Promise.reject(new Error('nothing is forwarded')) });
    },
  };
  const portOf = (name: string) =>
    Promise.resolve({
      run: (...operation: unknown[]) => {
        done.push([name, ...operation]);
        return Promise.resolve();
      },
    } as unknown as HostExecutor);
  await updateInventory(update, spec, minerHost, fleet, portOf, context);
  return { read: read.map(({ name }) => name), hosts: read, asked, done };
}

describe('bringing the inventory up to date', () => {
  const found: Inventory = { revision: 'abc', hosts: ['miner', 'b', 'old', 'gone'].map(host) };
  const writing = (inventory: Inventory) => ['miner', { do: 'write-inventory', inventory }, context];

  test('reads nothing when no host was removed and no revision is known', async () => {
    const { read, done } = await updated({ done: ['b', 'miner'], revision: undefined }, found);
    expect({ read, done }).toEqual({ read: [], done: [] });
  });

  test('writes the revision that was applied, and reads no host for it but that of the miner', async () => {
    const { read, asked, done } = await updated({ done: ['b'], revision: 'def' }, found);
    expect(read).toEqual(['miner']);
    expect(asked).toEqual([[]]);
    expect(done).toEqual([writing({ revision: 'def', hosts: found.hosts })]);
  });

  test('strikes out removed hosts once every step on them was done and nothing is left on them', async () => {
    const { read, asked, done } = await updated({ done: ['b', 'gone'], revision: undefined }, found);
    expect(read).toEqual(['miner', 'gone']);
    expect(asked).toEqual([[], []]);
    expect(done).toEqual([writing({ revision: 'abc', hosts: ['miner', 'b', 'old'].map(host) })]);
  });

  test('keeps a removed host on which something is left, beside one that is struck out', async () => {
    const update = { done: ['old', 'gone'], revision: undefined };
    const { read, done } = await updated(update, found, ['miner', 'old']);
    expect(read).toEqual(['miner', 'old', 'gone']);
    expect(done).toEqual([writing({ revision: 'abc', hosts: ['miner', 'b', 'old'].map(host) })]);
  });

  test('writes nothing when nothing is new', async () => {
    expect((await updated({ done: ['old'], revision: undefined }, found, ['old'])).done).toEqual([]);
    expect((await updated({ done: [], revision: 'abc' }, found)).done).toEqual([]);
  });

  test('writes nothing where there is no inventory yet', async () => {
    const { read, done } = await updated({ done: ['old'], revision: 'def' }, undefined);
    expect({ read, done }).toEqual({ read: ['miner'], done: [] });
  });

  test('reaches a removed host the way the inventory remembers it, with what this side has for the host of the miner', async () => {
    const { hosts } = await updated({ done: ['old'], revision: undefined }, found);
    expect(hosts[1]).toEqual({
      name: 'old',
      address: 'old',
      services: 'systemd',
      root: '/',
      ssh: { become: 'none', hostKeys: 'strict', transport: 'openssh' },
    });
  });
});
