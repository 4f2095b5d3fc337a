import { describe, expect, test } from 'vitest';
import { secretSource } from '../../../src/sealctl/apply/executor/secret-source.ts';
import { probeKey, type FileFact, type ProbeRequest } from '../../../src/sealctl/host/probe/facts.ts';
import type { Operation } from '../../../src/sealctl/host/operations/operation.ts';
import { secretKey, type SecretRef, type SecretTemplate } from '../../../src/core/secret/secret.ts';
import type { Spec } from '../../../src/sealctl/spec/spec.ts';
import { writing } from '../host/operations.ts';
import { clusterSpec, hostSpec, minerSpec } from '../model/spec.ts';

const token: SecretRef = { from: 'miner-token' };
const other: SecretRef = { from: 'env', name: 'API_KEY' };
const known = new Map([[secretKey(other), 'key']]);
const withToken = new Map([...known, [secretKey(token), 'admin']]);
const spec = clusterSpec([hostSpec('worker-1', []), hostSpec('miner-1', [])], {
  miner: minerSpec('miner-1', { repo: '/repo' }),
});
const file: ProbeRequest = { ask: 'file', path: '/repo/token', content: true };

const writes = (...content: SecretTemplate): Operation => writing('/etc/x', '', { content });
const runs = (...value: SecretTemplate): Operation => ({
  do: 'run',
  argv: ['init'],
  env: { A: ['plain'], B: value },
  timeoutMs: 1,
});

/** A source for a cluster whose miner's host has, one look after the other, this in the token's file; the last stays. */
function source(facts: readonly (FileFact | undefined)[], cluster: Spec = spec, values = known) {
  const probed: unknown[] = [];
  const learned: string[] = [];
  const left = [...facts];
  const secrets = secretSource(
    cluster,
    {
      reader: ({ name }) =>
        Promise.resolve({
          probe: (requests: readonly ProbeRequest[]) => {
            probed.push(name, ...requests);
            const fact = left.length > 1 ? left.shift() : left[0];
            return Promise.resolve({ files: new Map(fact === undefined ? [] : [[probeKey(file), fact]]) });
          },
        } as never),
    },
    values,
    (texts) => learned.push(...texts),
  );
  return { secrets, probed, learned };
}

describe("the miner's token", () => {
  test('is read from the repo of the miner when it is first wanted, and never again', async () => {
    const { secrets, probed, learned } = source([{ type: 'file', content: 'admin\n' }]);
    expect(probed).toEqual([]);
    expect(await secrets()).toEqual(withToken);
    expect(await secrets()).toEqual(withToken);
    expect(probed).toEqual(['miner-1', file]);
    expect(learned).toEqual(['admin']);
  });

  test.each([
    ['a file with it', writes('TOKEN=', token)],
    ['a file with it among other secrets', writes(other, { inDoubleQuotes: token })],
    ['a program with it in its environment', runs(token)],
  ])('is read for an operation that needs it: %s', async (_what, operation) => {
    const { secrets } = source([{ type: 'file', content: 'admin' }]);
    expect(await secrets(operation)).toEqual(withToken);
  });

  test.each([
    ['a file without secrets', writes('plain')],
    ['a file with other secrets', writes(other)],
    ['a program with other secrets', runs(other)],
    ['no content at all', { do: 'clear-hold' } as const],
  ])('is not read for an operation without it: %s', async (_what, operation) => {
    const { secrets, probed } = source([{ type: 'file', content: 'admin' }]);
    expect(await secrets(operation)).toEqual(known);
    expect(probed).toEqual([]);
  });

  test.each<[string, FileFact | undefined]>([
    ['no answer for it', undefined],
    ['no file', { type: 'absent' }],
    ['an empty file', { type: 'file', content: '\n' }],
  ])('is asked for again as long as there is none: %s', async (_what, fact) => {
    const { secrets, learned } = source([fact, { type: 'file', content: 'admin' }]);
    expect(await secrets()).toEqual(known);
    expect(learned).toEqual([]);
    expect(await secrets()).toEqual(withToken);
    expect(learned).toEqual(['admin']);
  });

  test('is not read again when it was known before', async () => {
    const { secrets, probed } = source([{ type: 'file', content: 'new' }], spec, withToken);
    expect(await secrets()).toEqual(withToken);
    expect(probed).toEqual([]);
  });

  test('is not read from the repo when cluster.yaml says where else it comes from', async () => {
    const elsewhere = { ...spec, miner: { ...spec.miner, token: { from: 'env', name: 'TOKEN' } as const } };
    const { secrets, probed } = source([{ type: 'file', content: 'admin' }], elsewhere);
    expect(await secrets()).toEqual(known);
    expect(probed).toEqual([]);
  });

  test('is not known where cluster.yaml has no host for the miner', async () => {
    const { secrets } = source([{ type: 'file', content: 'admin' }], { ...spec, hosts: [] });
    expect(await secrets()).toEqual(known);
  });
});
