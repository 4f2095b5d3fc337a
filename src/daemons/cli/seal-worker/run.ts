import { hostname } from 'node:os';
import { parseHostPort } from '@sealctl/core/lotus/api-info';
import { parseGoDuration } from '@sealctl/core/lotus/go-value';
import { bytesOfSizeText } from '@sealctl/core/lotus/size-text';
import { makeLog } from '../../base/log.ts';
import { selectTasks, taskSwitches, type Switch, type TaskFlags } from '../../worker/task-selection.ts';
import { startWorker, type WorkerOptions } from '../../worker/worker.ts';
import { runDaemon } from '../daemon-process.ts';
import type { Command, Invocation } from '../../lotus-cli/app.ts';
import type { Flag, FlagValues } from '../../lotus-cli/flag.ts';
import { minerOfWorker, workerRepo } from './connection.ts';
import { thisProgram } from '../this-program.ts';
import type { BuildInfo } from '@sealctl/core/git-version';
import { buildInfo } from '@sealctl/core/version';

/** The variable of a flag: `--no-swap` is `LOTUS_WORKER_NO_SWAP`. */
function env(flag: string): readonly [string] {
  return [`LOTUS_WORKER_${flag.toUpperCase().replaceAll('-', '_')}`];
}

function switchFlag(name: string, standard: boolean, usage: string): Flag {
  return { name, type: 'bool', default: standard, env: env(name), usage };
}

const flags: readonly Flag[] = [
  {
    name: 'listen',
    type: 'string',
    default: '0.0.0.0:3456',
    env: env('listen'),
    usage: 'HOST:PORT to listen on; 0.0.0.0 is advertised as the address that reaches the miner',
  },
  { name: 'address', type: 'string', default: '', usage: 'old name of --listen', hidden: true },
  {
    name: 'advertise',
    type: 'string',
    default: '',
    env: ['SEAL_WORKER_ADVERTISE'],
    usage: 'HOST:PORT at which the miner reaches this worker, behind NAT or in a container',
  },
  {
    name: 'name',
    type: 'string',
    default: '',
    env: env('name'),
    usage: 'name in listings; empty means the host name',
  },
  switchFlag('no-local-storage', false, 'at the first start, do not make the repo itself a sealing path'),
  switchFlag('no-swap', false, 'report no swap'),
  ...taskSwitches.map(({ flag, code, default: standard }) =>
    switchFlag(flag, standard, `take ${code} tasks`),
  ),
  switchFlag('windowpost', false, 'prove window PoSt, and nothing else'),
  switchFlag('winningpost', false, 'prove winning PoSt, and nothing else'),
  switchFlag('no-default', false, 'take only tasks that are switched on explicitly'),
  {
    name: 'data-cid',
    type: 'bool',
    default: true,
    usage: 'take DC tasks; by default when AP tasks are taken',
  },
  {
    name: 'parallel-fetch-limit',
    type: 'int',
    default: 5,
    env: env('parallel-fetch-limit'),
    usage: 'sector files fetched at the same time',
  },
  {
    name: 'fetch-bandwidth',
    type: 'string',
    default: '0',
    env: ['SEAL_WORKER_FETCH_BANDWIDTH'],
    usage: 'bytes per second of all fetches together, such as 500MiB; 0 means no limit',
  },
  {
    name: 'post-parallel-reads',
    type: 'int',
    default: 32,
    env: env('post-parallel-reads'),
    usage: 'window PoSt challenges read at the same time; 0 means all',
  },
  {
    name: 'post-read-timeout',
    type: 'duration',
    default: '0s',
    env: env('post-read-timeout'),
    usage: 'time limit of one window PoSt challenge read; 0 means no limit',
  },
  {
    name: 'timeout',
    type: 'string',
    default: '30m',
    env: env('timeout'),
    usage: 'timeout of the connection that finds the address of this host',
  },
  {
    name: 'http-server-timeout',
    type: 'string',
    default: '30s',
    usage: 'timeout for a client to send its request headers',
  },
  { name: 'external-pc2', type: 'string', default: '', usage: 'shell command that computes PC2 instead' },
  {
    name: 'external-c2',
    type: 'string',
    default: '',
    env: ['SEAL_WORKER_EXTERNAL_C2'],
    usage: 'shell command that makes the SNARK of C2; without one the vanilla proof is verified in full',
  },
  {
    name: 'external-pr2',
    type: 'string',
    default: '',
    env: ['SEAL_WORKER_EXTERNAL_PR2'],
    usage: 'shell command that makes the SNARK of PR2; without one the vanilla proofs are verified in full',
  },
];

/** `run`: starts the worker. */
export const runCommand: Command = {
  name: 'run',
  usage: 'start the worker',
  flags,
  examples: [
    'MINER_API_INFO=TOKEN:/ip4/10.0.0.1/tcp/2345/http seal-worker run --name=seal-a --no-local-storage',
    'seal-worker run --no-default --precommit1 --listen=10.0.0.7:3456',
  ],
  run: async (invocation) => {
    const log = makeLog('seal-worker', invocation.env);
    const options = await workerOptions(invocation, log);
    const later = laterSettings(invocation.flags);
    if (later.length > 0)
      log.warn({ flags: later }, 'these flags have no effect: this release makes no proofs of spacetime');
    await runDaemon((stopping) => startWorker({ ...options, ...buildInfo() }, stopping));
    log.info('worker stopped');
  },
};

async function workerOptions(
  invocation: Invocation,
  log: WorkerOptions['log'],
): Promise<Omit<WorkerOptions, keyof BuildInfo>> {
  const { flags: values, global } = invocation;
  if (values.isSet('address')) log.warn('--address is deprecated; use --listen');
  const advertise = values.text('advertise');
  return {
    repo: workerRepo(invocation),
    env: invocation.env,
    miner: await minerOfWorker(invocation),
    listen: parseHostPort(values.isSet('address') ? values.text('address') : values.text('listen')),
    ...(advertise === '' ? {} : { advertise: parseHostPort(advertise) }),
    name: values.text('name') || hostname(),
    tasks: selectTasks(taskFlags(values)),
    noLocalStorage: values.bool('no-local-storage'),
    noSwap: values.bool('no-swap'),
    gpuProving: global.bool('enable-gpu-proving'),
    parallelFetchLimit: values.number('parallel-fetch-limit'),
    fetchBytesPerSecond: bytesOfSizeText(values.text('fetch-bandwidth')),
    external: {
      ...(values.text('external-pc2') === '' ? {} : { externalPrecommit2: values.text('external-pc2') }),
      ...(values.text('external-c2') === '' ? {} : { externalCommit2: values.text('external-c2') }),
      ...(values.text('external-pr2') === '' ? {} : { externalUpdate2: values.text('external-pr2') }),
    },
    program: thisProgram(),
    dialTimeoutMs: parseGoDuration(values.text('timeout')),
    headersTimeoutMs: parseGoDuration(values.text('http-server-timeout')),
    log,
  };
}

function taskFlags(values: FlagValues): TaskFlags {
  const of = (name: string): Switch => ({ value: values.bool(name), isSet: values.isSet(name) });
  return {
    tasks: Object.fromEntries(taskSwitches.map(({ flag }) => [flag, of(flag)])) as TaskFlags['tasks'],
    dataCid: of('data-cid'),
    windowPost: of('windowpost'),
    winningPost: of('winningpost'),
    noDefault: of('no-default'),
  };
}

/** The given flags that concern work this release does not support. */
function laterSettings(values: FlagValues): string[] {
  return ['post-parallel-reads', 'post-read-timeout']
    .filter((name) => values.isSet(name))
    .map((name) => `--${name}`);
}
