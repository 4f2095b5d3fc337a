import { describe, expect, it } from 'vitest';
import { inOrder, type ManagedKind } from '../../../src/sealctl/kinds/core/managed-kind.ts';

function kind(name: string, after: readonly string[] = []): ManagedKind<unknown> {
  const nothing = { action: 'none', fields: [], findings: [], steps: [] } as const;
  return {
    name,
    after,
    desired: () => [],
    probe: () => [],
    diff: () => nothing,
    probeOwned: () => [],
    remove: () => nothing,
  };
}

describe('the order of kinds', () => {
  it('puts each kind after those it names, wherever it stands in the index', () => {
    const kinds = inOrder([
      kind('service', ['unit', 'environment']),
      kind('unit', ['release']),
      kind('release'),
      kind('environment'),
    ]);
    expect([...kinds.keys()]).toEqual(['release', 'unit', 'environment', 'service']);
  });

  it('keeps the order of the index between kinds that do not name each other', () => {
    expect([...inOrder([kind('b'), kind('a'), kind('c')]).keys()]).toEqual(['b', 'a', 'c']);
  });

  it('refuses a name that two kinds have, a name that no kind has, and a cycle', () => {
    expect(() => inOrder([kind('a'), kind('a')])).toThrow(new Error('two kinds have one name'));
    expect(() => inOrder([kind('a', ['b'])])).toThrow(new Error('kind a comes after b, which is not a kind'));
    expect(() => inOrder([kind('a', ['b']), kind('b', ['a']), kind('c')])).toThrow(
      new Error('kinds wait for each other: a, b'),
    );
  });
});
