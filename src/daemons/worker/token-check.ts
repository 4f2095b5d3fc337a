import { createHash, timingSafeEqual } from 'node:crypto';
import type { Permission } from '@sealctl/core/lotus/permission';
import { RpcError } from '@sealctl/core/lotus/rpc-error';
import type { Authenticate } from '../base/rpc/authenticate.ts';

/** Milliseconds for which an answer of the miner is cached: while the miner is reachable, and while it is not. */
const freshMs = 30_000;
const staleMs = 10 * 60_000;
const maxRemembered = 1_000;

export interface TokenCheckOptions {
  /** Asks the miner; rejects with an `RpcError`: `answer` when the miner refuses. */
  readonly verify: (token: string) => Promise<readonly Permission[]>;
  /** The token that this worker itself uses for the miner, and its known permissions. */
  readonly own: { readonly token: string; readonly permissions: readonly Permission[] };
  readonly now: () => number;
}

/**
 * Checks tokens with the miner, as Lotus does, and caches its answers for a short time. While the miner is unreachable, recently verified
 * tokens stay valid, and so does the worker's own, so that its operator is not locked out.
 */
export function makeTokenCheck({ verify, own, now }: TokenCheckOptions): Authenticate {
  const remembered = new Map<string, { readonly permissions: readonly Permission[]; readonly at: number }>();
  const ownDigest = digestOf(own.token);

  return async (token) => {
    const digest = digestOf(token);
    const key = digest.toString('hex');
    const known = remembered.get(key);
    if (known !== undefined && now() - known.at < freshMs) return known.permissions;
    try {
      const permissions = await verify(token);
      remembered.delete(key);
      remembered.set(key, { permissions, at: now() });
      if (remembered.size > maxRemembered) remembered.delete(remembered.keys().next().value ?? '');
      return permissions;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (error.failure === 'answer') {
        remembered.delete(key);
        return undefined;
      }
      if (timingSafeEqual(digest, ownDigest)) return own.permissions;
      return known !== undefined && now() - known.at < staleMs ? known.permissions : undefined;
    }
  };
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
