import { inPhaseOrder, type TaskCode } from '@sealctl/core/lotus/task-type';
import { secretKey, type SecretRef, type SecretTemplate } from '@sealctl/core/secret/secret';
import type { HostSpec, MinerSpec, StoragePathSpec, WorkerSpec } from '../../spec/spec.ts';
import { formatBytes, formatDuration } from '@sealctl/core/text/units';

/** A key of cluster.yaml, dotted, and the value as one would write it there. */
export type DeclaredKey = readonly [key: string, value: string];

/**
 * A part of a spec in the form of cluster.yaml: `drainTimeout 12h` for `drainTimeoutMs`, `memory 64GiB` for `memoryBytes`, `use seal`
 * for `canSeal`. Parts that have a section of their own are left out; so are the values of secrets, which a spec does not hold.
 */
export function declaredKeys(part: HostSpec | MinerSpec | WorkerSpec): DeclaredKey[] {
  return declaredBut(['workers', 'storage', 'env'], part);
}

/** A storage path in the form of cluster.yaml. */
export function declaredStorage(storage: StoragePathSpec): DeclaredKey[] {
  const uses = [...(storage.canSeal ? ['seal'] : []), ...(storage.canStore ? ['store'] : [])];
  return [
    ['path', storage.path],
    ['use', uses.length === 1 ? uses.join('') : list(uses)],
    ...declaredBut(['path', 'canSeal', 'canStore'], storage),
  ];
}

function declaredBut(leftOut: readonly string[], part: object): DeclaredKey[] {
  return Object.entries(part)
    .filter(([key]) => key !== 'origins' && !leftOut.includes(key))
    .flatMap(([key, value]: [string, unknown]) => declared(key, key, value));
}

/** A template with the source of each secret in place of its value. */
export function withoutSecrets(text: SecretTemplate): string {
  return text
    .map((part) =>
      typeof part === 'string' ? part : secretText('from' in part ? part : part.inDoubleQuotes),
    )
    .join('');
}

function declared(path: string, key: string, value: unknown): DeclaredKey[] {
  if (typeof value === 'number') return [writtenNumber(path, key, value)];
  if (Array.isArray(value))
    return [[path, list(key === 'tasks' ? inPhaseOrder(value as readonly TaskCode[]) : value)]];
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  if (isSecret(value)) return [[path, secretText(value)]];
  if (isAddress(value)) return [[path, addressText(value)]];
  return Object.entries(value).flatMap(([inner, its]: [string, unknown]) =>
    // A release is called by its name alone.
    declared(path === 'release' && inner === 'name' ? path : `${path}.${inner}`, inner, its),
  );
}

/** cluster.yaml writes units with the value; a Spec has them in its names. */
function writtenNumber(path: string, key: string, value: number): DeclaredKey {
  if (key === 'maxStorageBytes' && value === 0) return ['maxStorage', '0 (no limit)'];
  if (key.endsWith('Bytes')) return [path.slice(0, -'Bytes'.length), formatBytes(value)];
  if (key.endsWith('Ms')) return [path.slice(0, -'Ms'.length), formatDuration(value)];
  return [path, /^(?:min|max|baseMin)Memory$/.test(key) ? formatBytes(value) : String(value)];
}

function list(items: readonly unknown[]): string {
  return `[${items.join(', ')}]`;
}

function secretText(secret: SecretRef): string {
  return `(secret from ${secretKey(secret)})`;
}

function isSecret(value: object): value is SecretRef {
  return 'from' in value && typeof value.from === 'string';
}

function isAddress(value: object): value is MinerSpec['listen'] {
  return 'host' in value && 'port' in value && Object.keys(value).length === 2;
}

function addressText({ host, port }: MinerSpec['listen']): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
