import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestOf, isSameData, secretDigests, specDigest } from '../../../src/sealctl/plan/diff/digest.ts';
import type { HostSpec, Origin, Spec, StoragePathSpec, WorkerSpec } from '../../../src/sealctl/spec/spec.ts';
import { clusterSpec, hostSpec, minerSpec, storageSpec, workerSpec } from '../model/spec.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the digest of plain data', () => {
  it('is the SHA-256 of its JSON with sorted keys, which saved plans rely on', () => {
    expect(digestOf({ b: [1, 'x', null], a: { d: true } })).toBe(
      sha256('{"a":{"d":true,},"b":[1,"x",null],}'),
    );
    expect(digestOf({})).toBe(sha256('{}'));
    expect(digestOf([])).toBe(sha256('[]'));
    expect(digestOf(null)).toBe(sha256('null'));
  });

  it('does not depend on the order of keys or on keys without a value', () => {
    expect(digestOf({ b: { y: 2, x: 1 }, a: 1 })).toBe(digestOf({ a: 1, b: { x: 1, y: 2 } }));
    expect(digestOf({ a: 1, b: undefined })).toBe(digestOf({ a: 1 }));
    expect(digestOf([undefined])).toBe(digestOf([null]));
  });

  it('depends on every value and on the order of lists', () => {
    const all = [{}, { a: 1 }, { a: '1' }, { b: 1 }, { a: null }, [1, 2], [2, 1], [], null, 'null'];
    expect(new Set(all.map(digestOf)).size).toBe(all.length);
  });
});

describe('two pieces of data', () => {
  it('are the same when their values are, in any order of keys', () => {
    expect(isSameData({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true);
    expect(isSameData({ a: 1, b: [2] }, { b: [3], a: 1 })).toBe(false);
    expect(isSameData(null, {})).toBe(false);
  });
});

describe('the digest of a spec', () => {
  const origin: Origin = { layer: 'host', path: 'hosts.h', range: rangeAt(3) };
  interface Parts {
    readonly cluster?: Partial<Spec>;
    readonly port?: number;
    readonly host?: Partial<HostSpec>;
    readonly worker?: Partial<WorkerSpec>;
    readonly storage?: Partial<StoragePathSpec>;
    readonly moved?: boolean;
  }
  function specWith({ cluster, port = 2345, host, worker, storage, moved = false }: Parts): Spec {
    const origins = moved ? { '': origin } : {};
    const path = storageSpec('/mnt/seal', { origins, ...storage });
    const whole = workerSpec('h', 'main', { storage: [path], origins, ...worker });
    const miner = minerSpec('h', { listen: { host: '10.0.0.2', port }, origins });
    return clusterSpec([hostSpec('h', [whole], { origins, ...host })], { miner, ...cluster });
  }

  it('is the same wherever the blocks of cluster.yaml stand', () => {
    expect(specDigest(specWith({ moved: true }))).toBe(specDigest(specWith({})));
    expect(specDigest(specWith({}))).toMatch(/^[0-9a-f]{64}$/);
  });

  it('changes with each value of the cluster, the miner, a host, a worker and a storage path', () => {
    const specs = [
      specWith({}),
      specWith({ cluster: { cluster: 'other' } }),
      specWith({ port: 2346 }),
      specWith({ host: { address: '10.0.0.12' } }),
      specWith({ worker: { tasks: ['C2'] } }),
      specWith({ storage: { weight: 11 } }),
      specWith({ worker: { storage: [] } }),
    ];
    expect(new Set(specs.map(specDigest)).size).toBe(specs.length);
  });

  function rangeAt(line: number) {
    return { file: 'cluster.yaml', line, column: 1, endLine: line, endColumn: 9 };
  }
});

describe('the digests of secrets', () => {
  it('are keyed by the salt and name each source, so that none can be looked up by its value', () => {
    const secrets = new Map([
      ['env A', 'one'],
      ['file /b', 'two'],
    ]);
    const keyed = (value: string) => createHmac('sha256', 'salt').update(value).digest('hex');
    expect(secretDigests(secrets, 'salt')).toEqual({ 'env A': keyed('one'), 'file /b': keyed('two') });
  });
});
