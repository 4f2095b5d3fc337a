import { secretKey, type SecretRef } from '@sealctl/core/secret/secret';
import type { Spec } from './spec.ts';

/** The references to all secrets that the cluster needs, each once. */
export function secretRefsOf(spec: Spec): SecretRef[] {
  const refs = new Map<string, SecretRef>([[secretKey(spec.miner.token), spec.miner.token]]);
  const environments = [
    spec.miner.env,
    ...spec.hosts.flatMap((host) => host.workers.map((worker) => worker.env)),
  ];
  for (const env of environments) {
    for (const value of Object.values(env)) if (typeof value !== 'string') refs.set(secretKey(value), value);
  }
  return [...refs.values()];
}
