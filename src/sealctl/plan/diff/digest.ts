import { createHash, createHmac } from 'node:crypto';
import type { SecretValues } from '@sealctl/core/secret/secret';
import type { HostSpec, Spec } from '../../spec/spec.ts';

/** SHA-256, lower-case hex, of plain data; equal data has equal digests whatever the order of its keys. */
export function digestOf(data: unknown): string {
  return createHash('sha256').update(canonical(data)).digest('hex');
}

/** True when two pieces of plain data have the same digest. */
export function isSameData(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

/** A digest of the values of cluster.yaml without their places: moving a block is not a change. */
export function specDigest(spec: Spec): string {
  const { hosts, miner, ...cluster } = spec;
  const hash = createHash('sha256').update(JSON.stringify([cluster, { ...miner, ...noOrigins }]));
  // Host by host: the text of ten thousand of them at once would be most of the memory a plan takes.
  for (const host of hosts) hash.update(hostText(host));
  return hash.digest('hex');
}

/** A keyed hash of every known secret, so that a saved plan shows that one changed and reveals nothing of it. */
export function secretDigests(secrets: SecretValues, salt: string): Record<string, string> {
  return Object.fromEntries(
    [...secrets].map(([key, value]) => [key, createHmac('sha256', salt).update(value).digest('hex')]),
  );
}

/** JSON leaves out what is undefined. */
const noOrigins = { origins: undefined };

function hostText(host: HostSpec): string {
  const workers = host.workers.map((worker) => ({
    ...worker,
    storage: worker.storage.map((storage) => ({ ...storage, ...noOrigins })),
    ...noOrigins,
  }));
  return JSON.stringify({ ...host, workers, ...noOrigins });
}

/** JSON with sorted keys; keys without a value are left out. */
function canonical(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map((item) => canonical(item ?? null)).join(',')}]`;
  if (typeof data !== 'object' || data === null) return JSON.stringify(data ?? null);
  const record = data as Readonly<Record<string, unknown>>;
  let text = '{';
  for (const key of Object.keys(record).sort()) {
    if (record[key] !== undefined) text += `${JSON.stringify(key)}:${canonical(record[key])},`;
  }
  return `${text}}`;
}
