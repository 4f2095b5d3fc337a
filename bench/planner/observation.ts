import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Observed, ObservedHost } from '../../src/sealctl/model/observed.ts';
import type { SecretValues } from '../../src/core/secret/secret.ts';

/** What `observe` gives, kept from one process to others. */
export interface Observation {
  readonly observed: Observed;
  readonly secrets: SecretValues;
}

type Rest = { readonly miner: Observed['miner']; readonly secrets: SecretValues };

/** Host by host, so that reading it back takes no more memory than what it holds. */
export function writeObservation(directory: string, { observed, secrets }: Observation): void {
  const file = openSync(fileIn(directory), 'w');
  const rest: Rest = { miner: observed.miner, secrets };
  for (const value of [rest, ...observed.hosts]) {
    const bytes = serialize(value);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    writeSync(file, Buffer.concat([length, bytes]));
  }
  closeSync(file);
}

/** See `writeObservation`. */
export function readObservation(directory: string): Observation {
  const file = openSync(fileIn(directory), 'r');
  const { miner, secrets } = next(file) as Rest;
  const hosts = new Map<string, ObservedHost>();
  for (;;) {
    const entry = next(file) as [string, ObservedHost] | undefined;
    if (entry === undefined) break;
    hosts.set(...entry);
  }
  closeSync(file);
  return { observed: { hosts, miner }, secrets };
}

function next(file: number): unknown {
  const length = Buffer.alloc(4);
  if (readSync(file, length) === 0) return undefined;
  const bytes = Buffer.alloc(length.readUInt32LE());
  readSync(file, bytes);
  return deserialize(bytes);
}

function fileIn(directory: string): string {
  return join(directory, 'observation');
}
