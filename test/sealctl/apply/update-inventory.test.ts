import { describe, expect, test } from 'vitest';
import { inventoryAfter } from '../../../src/sealctl/apply/journal/update-inventory.ts';
import type { Inventory } from '../../../src/sealctl/host/probe/facts.ts';

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
