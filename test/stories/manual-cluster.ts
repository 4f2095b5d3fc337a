import { afterAll, beforeAll, expect } from 'vitest';
import { shq } from '../../src/sealctl/host/quote.ts';
import type { MinerApi } from '../../src/core/lotus/miner-api.ts';
import { makeRpcClient, type RpcClient } from '../../src/core/lotus/rpc-client.ts';
import type { WorkerApi } from '../../src/core/lotus/worker-api.ts';
import { until } from '../daemons/miner/sealing/miner-for-test.ts';
import type { Ended } from './daemon-processes.ts';
import { built, type Testbed } from './testbed.ts';

type Environment = Readonly<Record<string, string>>;

/** A worker to be started with `seal-worker run`. */
export interface ManualWorker {
  readonly host: string;
  /** Names its repo and its log; two of one name go on with each other's repo. */
  readonly name: string;
  /** Which port of the host is its own. */
  readonly port: number;
  /** Further words of `run`. */
  readonly words: readonly string[];
  readonly env?: Environment;
  /** Shell command that the operator types before, such as `ulimit -n 1024`. */
  readonly first?: string;
}

/** A miner and workers as an operator starts them with the page on seal workers beside him: by their own command lines, without sealctl. */
export interface ManualCluster<AnyTestbed extends Testbed = Testbed> {
  readonly testbed: AnyTestbed;
  /** `HOST:PORT` of the miner's API. */
  readonly minerListen: string;
  /** Runs `seal-miner` on the miner's host. */
  readonly miner: (...words: string[]) => Promise<Ended>;
  /** Runs `seal-miner` on worker-1, as whoever has this `MINER_API_INFO`. */
  readonly minerFromAfar: (info: string, ...words: string[]) => Promise<Ended>;
  /** Sets keys of the miner's config.toml, which it reads when it starts. */
  readonly configure: (keys: Readonly<Record<string, string>>) => Promise<void>;
  readonly runMiner: () => Promise<void>;
  readonly stopMiner: () => Promise<void>;
  /** `MINER_API_INFO` with a new token. */
  readonly apiInfo: (permission: 'read' | 'admin') => Promise<string>;
  /** Starts a worker; whether it stays is for the story to see. */
  readonly runWorker: (worker: ManualWorker) => Promise<void>;
  /** Runs `seal-worker` for a worker that was started. */
  readonly worker: (name: string, ...words: string[]) => Promise<Ended>;
  /** Waits until a started worker is registered with the miner. */
  readonly registered: (name: string) => Promise<void>;
  /** The exit code of a daemon, once it has ended. */
  readonly ended: (name: string) => Promise<number>;
  readonly log: (name: string) => Promise<string>;
  readonly pid: (name: string) => Promise<number>;
  /** Over the network, with the admin token. */
  readonly minerRpc: () => Promise<RpcClient<MinerApi>>;
  readonly workerRpc: (name: string) => Promise<RpcClient<WorkerApi>>;
  readonly workerUrl: (name: string) => string;
  readonly token: () => Promise<string>;
}

const minerHost = 'miner-1';
/** Where somebody else calls the miner from. */
const clientHost = 'worker-1';

/** Opens a testbed before the first test of the file, with the programs on its hosts and nothing running, and closes it after the last. */
export function openManualCluster<AnyTestbed extends Testbed>(
  open: () => Promise<AnyTestbed>,
  hosts: readonly string[],
): { readonly manual: ManualCluster<AnyTestbed> } {
  let manual: ManualCluster<AnyTestbed> | undefined;
  beforeAll(async () => {
    const testbed = await open();
    manual = handsOn(testbed);
    const put = (host: string, program: string) =>
      testbed.put(host, built(program), `${testbed.host(host).data}/${program}`);
    await Promise.all(hosts.map((host) => put(host, 'seal-worker')));
    await Promise.all([minerHost, clientHost].map((host) => put(host, 'seal-miner')));
  });
  afterAll(async () => manual?.testbed.close());
  return {
    get manual() {
      if (manual === undefined) throw new Error('the testbed opens when the first test begins');
      return manual;
    },
  };
}

function handsOn<AnyTestbed extends Testbed>(testbed: AnyTestbed): ManualCluster<AnyTestbed> {
  const started = new Map<string, ManualWorker>();
  const file = (host: string, name: string): string => `${testbed.host(host).data}/${name}`;
  const minerListen = testbed.host(minerHost).listen(0);
  const minerEnv = { LOTUS_MINER_PATH: file(minerHost, 'miner') };
  const of = (name: string): ManualWorker => {
    const worker = started.get(name);
    if (worker === undefined) throw new Error(`no worker ${name} was started`);
    return worker;
  };
  const hostOf = (name: string): string => (name === 'miner' ? minerHost : of(name).host);
  const workerEnv = ({ host, name }: ManualWorker) => ({ LOTUS_WORKER_PATH: file(host, name) });
  const command = (host: string, program: string, env: Environment, words: readonly string[]): string =>
    ['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), file(host, program), ...words]
      .map(shq)
      .join(' ');
  const call = (host: string, program: string, env: Environment, words: readonly string[]) =>
    testbed.exec(host, ['sh', '-c', command(host, program, env, words)]);
  const run = async (host: string, name: string, first: string, words: string): Promise<void> => {
    const at = file(host, name);
    const wait = `echo $! >'${at}.pid'; code=0; wait $! || code=$?; echo $code >'${at}.code'`;
    await testbed.shell(
      host,
      `rm -f '${at}.pid' '${at}.code'; ( ${first}; ${words} & ${wait} ) </dev/null >'${at}.log' 2>&1 &`,
    );
  };
  const number = async (name: string, what: 'pid' | 'code'): Promise<number> => {
    const host = hostOf(name);
    const told = await until(
      () => testbed.exec(host, ['cat', `${file(host, name)}.${what}`]),
      ({ out }) => /^\d+$/.test(out),
      60_000,
    );
    return Number(told.out);
  };
  const miner = (...words: string[]) => call(minerHost, 'seal-miner', minerEnv, words);
  const worker = (name: string, ...words: string[]) =>
    call(of(name).host, 'seal-worker', workerEnv(of(name)), words);
  const token = async () =>
    (await testbed.shell(minerHost, `cat '${minerEnv.LOTUS_MINER_PATH}/token'`)).trim();
  const workerUrl = (name: string) => `http://${testbed.host(of(name).host).listen(of(name).port)}`;
  return {
    testbed,
    minerListen,
    miner,
    minerFromAfar: (info, ...words) => call(clientHost, 'seal-miner', { MINER_API_INFO: info }, words),
    async configure(keys) {
      const edits = Object.entries(keys).map(
        ([key, value]) => `-e ${shq(`s|^\\( *\\)#*${key} = .*|\\1${key} = ${value}|`)}`,
      );
      await testbed.shell(minerHost, `sed -i ${edits.join(' ')} '${minerEnv.LOTUS_MINER_PATH}/config.toml'`);
    },
    async runMiner() {
      await run(minerHost, 'miner', ':', command(minerHost, 'seal-miner', minerEnv, ['run']));
      const { code, err } = await miner('wait-api', '--timeout=30s');
      expect(`${code} ${err}`).toBe('0 ');
    },
    async stopMiner() {
      expect(await miner('stop')).toMatchObject({ code: 0 });
      expect(await number('miner', 'code')).toBe(0);
    },
    async apiInfo(permission) {
      const { out } = await miner('auth', 'api-info', `--perm=${permission}`);
      return out.trim().replace('MINER_API_INFO=', '');
    },
    async runWorker(begun) {
      started.set(begun.name, begun);
      const { host, name, port, words, env, first = ':' } = begun;
      // A lab may allow fewer open files than Lotus asks for, and has no space for the parents of large sectors anywhere but here.
      const lab = { SEAL_WORKER_MIN_NOFILE: '1024', FIL_PROOFS_PARENT_CACHE: file(host, 'parents') };
      const listen = `--listen=${testbed.host(host).listen(port)}`;
      const all = { ...lab, ...workerEnv(begun), ...env };
      await run(host, name, first, command(host, 'seal-worker', all, ['run', listen, ...words]));
    },
    worker,
    async registered(name) {
      await until(
        () => worker(name, 'info'),
        ({ code }) => code === 0,
      );
    },
    ended: (name) => number(name, 'code'),
    log: (name) => testbed.shell(hostOf(name), `cat '${file(hostOf(name), name)}.log'`),
    pid: (name) => number(name, 'pid'),
    minerRpc: async () =>
      makeRpcClient<MinerApi>({ url: `http://${minerListen}/rpc/v0`, token: await token() }),
    workerRpc: async (name) =>
      makeRpcClient<WorkerApi>({ url: `${workerUrl(name)}/rpc/v0`, token: await token() }),
    workerUrl,
    token,
  };
}
