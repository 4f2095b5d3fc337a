import type { Kind, Resource } from '../../model/kind.ts';
import type { Owner } from './owner.ts';

/** A kind and how it reads cluster.yaml, declared in one file. */
export interface ManagedKind<Desired, Name extends string = string> extends Kind<Desired, Name> {
  /** Names of the kinds whose resources of the same owner are set up before; within a phase, steps run in this order. */
  readonly after: readonly string[];
  /** Returns the resources that an owner must have; none for an owner that the kind does not concern. Pure. */
  readonly desired: (owner: Owner) => readonly Resource<Desired>[];
}

/**
 * Returns the kinds by name, each after those it names in `after`, otherwise in the given order. Throws an Error for a name that two
 * kinds have, for a name in `after` that no kind has, and for kinds that wait for each other.
 */
export function inOrder(given: readonly ManagedKind<unknown>[]): ReadonlyMap<string, ManagedKind<unknown>> {
  const names = new Set(given.map(({ name }) => name));
  if (names.size < given.length) throw new Error('two kinds have one name');
  for (const { name, after } of given) {
    const unknown = after.find((other) => !names.has(other));
    if (unknown !== undefined) throw new Error(`kind ${name} comes after ${unknown}, which is not a kind`);
  }
  const ordered = new Map<string, ManagedKind<unknown>>();
  while (ordered.size < given.length) {
    const next = given.find(
      ({ name, after }) => !ordered.has(name) && after.every((other) => ordered.has(other)),
    );
    if (next === undefined) {
      const waiting = [...names].filter((name) => !ordered.has(name)).join(', ');
      throw new Error(`kinds wait for each other: ${waiting}`);
    }
    ordered.set(next.name, next);
  }
  return ordered;
}
