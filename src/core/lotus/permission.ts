/**
 * Permissions of a token, weakest first. Asking for one grants it and all before it, but a check is literal: the set must hold the
 * needed word. Source: docs/spec/lotus.md section 4.3.
 */
export const permissions = ['read', 'write', 'sign', 'admin'] as const;

export type Permission = (typeof permissions)[number];

/** Permissions of a caller without a token. */
export const defaultPermissions: readonly Permission[] = ['read'];

/** The set a token of this level carries. */
export function permissionsUpTo(level: Permission): Permission[] {
  return permissions.slice(0, permissions.indexOf(level) + 1);
}

/** True for one of the four words. */
export function isPermission(word: string): word is Permission {
  return permissions.some((permission) => permission === word);
}
