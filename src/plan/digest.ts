import { createHash, createHmac } from 'node:crypto';
import type { SecretValues } from '../secret/secret.ts';
import type { Spec } from '../spec/spec.ts';

/** SHA-256, lower-case hex, of plain data; equal data has equal digests whatever the order of its keys. */
export function digestOf(data: unknown): string {
  return createHash('sha256').update(canonical(data)).digest('hex');
}

/** What cluster.yaml says, without where it says it: moving a line is not a change. */
export function specDigest(spec: Spec): string {
  return digestOf(withoutOrigins(spec));
}

/** A keyed hash of every known secret, so that a saved plan can tell that one moved without telling anything of it. */
export function secretDigests(secrets: SecretValues, salt: string): Record<string, string> {
  return Object.fromEntries(
    [...secrets].map(([key, value]) => [key, createHmac('sha256', salt).update(value).digest('hex')]),
  );
}

function canonical(data: unknown): string {
  return JSON.stringify(data, (_key, value: unknown) =>
    isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
}

function withoutOrigins(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withoutOrigins);
  if (!isRecord(data)) return data;
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) => (key === 'origins' ? [] : [[key, withoutOrigins(value)]])),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
