import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { linkTo, linkToMiner, type LinkContext } from '../../../src/sealctl/apply/cordon/worker-link.ts';
import type { HostFacts, ProbeRequest } from '../../../src/sealctl/host/probe/facts.ts';
import type { ObservedHost } from '../../../src/sealctl/model/observed.ts';
import type { FleetHost, FleetReader } from '../../../src/sealctl/observe/fleet.ts';
import { clusterSpec, hostSpec, minerSpec, workerSpec } from '../model/spec.ts';
import { problemsOf } from '../ssh/reach.ts';

/** Answers as every daemon would, and keeps what it was asked and with which token. */
let daemons: Server;
let asked: unknown[] = [];
beforeAll(async () => {
  daemons = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { id, method, params } = JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>;
      asked.push([method, params, request.headers.host, request.headers.authorization]);
      const result =
        method === 'Filecoin.Info'
          ? { Hostname: 'called by itself', Resources: { MemPhysical: 1, CPUs: 1, GPUs: [] } }
          : 'f01000';
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
  await new Promise<void>((listening) => daemons.listen(0, '127.0.0.1', listening));
});
afterAll(() => daemons.close());

/** The hosts that were read and what for, and where streams were opened to from which. */
let read: unknown[] = [];
let opened: unknown[] = [];
beforeEach(() => {
  [asked, read, opened] = [[], [], []];
});

/** Hosts on which these files lie, by path. */
function fleetWith(files: Readonly<Record<string, string>>): FleetReader {
  return {
    reader: ({ name }) =>
      Promise.resolve({
        probe: (requests: readonly ProbeRequest[]) => {
          read.push([name, ...requests]);
          const facts = Object.entries(files).map(
            ([path, content]) => [`file ${path}`, { content }] as const,
          );
          return Promise.resolve({ files: new Map(facts) } as unknown as HostFacts);
        },
        forward: (to) => {
          opened.push([name, to]);
          if (to.port === 0) return Promise.reject(new Error('nothing listens on port 0'));
          return Promise.resolve(connect((daemons.address() as AddressInfo).port, '127.0.0.1'));
        },
      }),
  };
}

const worker1 = hostSpec('worker-1', [
  workerSpec('worker-1', 'other', { repo: '/repos/other' }),
  workerSpec('worker-1', 'main', { repo: '/repos/main', label: 'red' }),
]);
const spec = clusterSpec(
  [hostSpec('worker-0', [workerSpec('worker-0', 'main')]), hostSpec('miner-1', []), worker1],
  {
    miner: minerSpec('miner-1', { repo: '/repos/miner' }),
  },
);
const secrets = new Map([["the miner's token", 't0ken']]);
const context = { signal: new AbortController().signal, progress: () => undefined };
const clock = { now: () => 0, sleep: () => Promise.resolve() };
const linkContext = (
  files: Readonly<Record<string, string>>,
  host: FleetHost,
  found?: ObservedHost,
): LinkContext => ({ spec, fleet: fleetWith(files), host, found, secrets, clock });
const main = { role: 'worker', name: 'main' } as const;
const apiFile = (path: string) => ({ ask: 'file', path, content: true });

describe('the way to a worker and its miner', () => {
  test('goes over the SSH connections of their hosts to the addresses that the daemons wrote down last', async () => {
    const files = {
      '/repos/main/api': '/ip4/10.0.0.11/tcp/4000/http',
      '/repos/miner/api': '/ip4/10.0.0.2/tcp/5000/http',
    };
    const { worker, miner, ...link } = await linkTo(linkContext(files, worker1), main, context);
    expect(link).toEqual({ host: 'worker-1', label: 'red', actor: 'f01000', clock });
    expect(read).toEqual([
      ['miner-1', apiFile('/repos/miner/api')],
      ['worker-1', apiFile('/repos/main/api')],
    ]);
    expect(asked).toEqual([]);
    expect((await worker.call('Info', [])).Hostname).toBe('called by itself');
    expect(await miner.call('ActorAddress', [])).toBe('f01000');
    expect(opened).toEqual([
      ['worker-1', { host: '10.0.0.11', port: 4000 }],
      ['miner-1', { host: '10.0.0.2', port: 5000 }],
    ]);
    expect(asked).toEqual([
      ['Filecoin.Info', [], '10.0.0.11:4000', 'Bearer t0ken'],
      ['Filecoin.ActorAddress', [], '10.0.0.2:5000', 'Bearer t0ken'],
    ]);
  });

  test('goes to where cluster.yaml lets them listen when they have written nothing down', async () => {
    const { worker, miner } = await linkTo(linkContext({}, worker1), main, context);
    await worker.call('Info', []);
    await miner.call('ActorAddress', []);
    expect(opened).toEqual([
      ['worker-1', { host: '10.0.0.11', port: 3456 }],
      ['miner-1', { host: '10.0.0.2', port: 2345 }],
    ]);
  });

  test('goes to the miner itself where a step is for the miner', async () => {
    const files = { '/repos/miner/api': '/ip4/0.0.0.0/tcp/5000/http' };
    const host = hostSpec('miner-1', [], { address: '10.0.0.2' });
    const { worker, label } = await linkTo(linkContext(files, host), { role: 'miner' }, context);
    expect(label).toBe('miner');
    expect(asked).toEqual([]);
    await worker.call('Info', []);
    expect(opened).toEqual([['miner-1', { host: '10.0.0.2', port: 5000 }]]);
  });
});

describe('the way to a worker that was removed from cluster.yaml', () => {
  const gone = hostSpec('old-1', [], { address: '10.0.0.9' });
  const entry = (worker: string, path: string, kind = 'service') => ({
    id: `old-1/worker/${worker}/service`,
    kind,
    path,
    sha256: '-',
  });
  const running = (repo: string) => ({ process: { environ: new Map([['LOTUS_WORKER_PATH', repo]]) } });
  const foundWith = (manifest: readonly object[], services: Readonly<Record<string, object>>) =>
    ({
      reachable: true,
      facts: { manifest, services: new Map(Object.entries(services)) },
      workers: new Map(),
    }) as unknown as ObservedHost;
  const manifest = [
    entry('other', 'b.service'),
    entry('main', 'c.service', 'unit'),
    entry('main', 'a.service'),
  ];
  const services = {
    'service b.service': running('/repos/other'),
    'service c.service': running('/repos/unit'),
    'service a.service': running('/repos/main'),
  };

  const files = {
    '/repos/main/api': '/ip4/10.0.0.9/tcp/4000/http',
    '/repos/other/api': '/ip4/10.0.0.9/tcp/4001/http',
  };

  test('is known by the environment in which it runs, and it says its own name', async () => {
    const found = foundWith(manifest, services);
    const { label, worker } = await linkTo(linkContext(files, gone, found), main, context);
    expect(label).toBe('called by itself');
    await worker.call('Info', []);
    expect(read).toEqual([
      ['miner-1', apiFile('/repos/miner/api')],
      ['old-1', apiFile('/repos/main/api')],
    ]);
    const way = ['old-1', { host: '10.0.0.9', port: 4000 }];
    expect(opened).toEqual([way, way]);
    const question = ['Filecoin.Info', [], '10.0.0.9:4000', 'Bearer t0ken'];
    expect(asked).toEqual([question, question]);
  });

  test('is known in the same way when its host has other workers', async () => {
    const found = foundWith(manifest, services);
    const host = hostSpec('worker-0', []);
    const { label } = await linkTo(
      linkContext(files, host, found),
      { role: 'worker', name: 'other' },
      context,
    );
    expect(label).toBe('called by itself');
    expect(opened).toEqual([['worker-0', { host: '10.0.0.9', port: 4001 }]]);
  });

  test.each([
    { what: 'was not read', found: undefined },
    { what: 'did not answer', found: { reachable: false, reason: 'no answer', step: 'connect' } as const },
    { what: 'has no service of it', found: foundWith(manifest.slice(0, 2), services) },
    { what: 'knows nothing of its service', found: foundWith(manifest, {}) },
    { what: 'does not run it', found: foundWith(manifest, { ...services, 'service a.service': {} }) },
    {
      what: 'runs it without a repo',
      found: foundWith(manifest, { ...services, 'service a.service': { process: { environ: new Map() } } }),
    },
  ])('is not known where its host $what', async ({ found }) => {
    await expect(linkTo(linkContext({}, gone, found), main, context)).rejects.toThrow(
      'nothing listens on port 0',
    );
    expect(opened).toEqual([['old-1', { host: '10.0.0.9', port: 0 }]]);
    expect(read).toEqual([['miner-1', apiFile('/repos/miner/api')]]);
  });
});

describe('the way to a miner', () => {
  const missing = {
    code: 'no-miner-token',
    severity: 'error',
    summary: 'the token of the miner is missing',
    where: { in: 'host', host: 'miner-1', path: '/repos/miner/token' },
    why: 'the miner is not initialized, or its token cannot be read',
    fix: 'apply to the host of the miner first, or set miner.token',
  };

  test('gives its token as well', async () => {
    expect((await linkToMiner(spec, fleetWith({}), secrets)).token).toBe('t0ken');
  });

  test('is not known without its token, and its host is not asked', async () => {
    expect(await problemsOf(linkToMiner(spec, fleetWith({}), new Map()))).toEqual([missing]);
    expect(read).toEqual([]);
  });

  test('is not known when cluster.yaml has no host of it', async () => {
    const without = { ...spec, hosts: [worker1] };
    expect(await problemsOf(linkToMiner(without, fleetWith({}), secrets))).toEqual([missing]);
  });
});
