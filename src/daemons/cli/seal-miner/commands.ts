import { sleep } from '@sealctl/core/async/sleep';
import { messageOf } from '@sealctl/core/problem/problem';
import { apiVersionText } from '@sealctl/core/lotus/rpc-values';
import { sectorSizes } from '@sealctl/core/lotus/sector-size';
import { makeLog } from '../../base/log.ts';
import { renderDefaultConfig } from '../../miner/config/render.ts';
import { startMiner } from '../../miner/miner.ts';
import { initMinerRepo } from '../../miner/repo.ts';
import { runDaemon } from '../daemon-process.ts';
import type { Command } from '../../lotus-cli/app.ts';
import { usage, type Flag } from '../../lotus-cli/flag.ts';
import { buildInfo } from '@sealctl/core/version';
import { authCommand } from './auth.ts';
import { minerClient, minerRepoPath } from './connection.ts';
import { minerInfoCommand } from './info.ts';
import { minerSealingCommand } from './sealing.ts';
import { sectorsCommand } from './sectors.ts';
import { storageCommand } from './storage.ts';

const pollMs = 100;

const initFlags: readonly Flag[] = [
  {
    name: 'actor',
    aliases: ['a'],
    type: 'string',
    default: '',
    usage: `the storage provider's actor, such as f01000`,
  },
  {
    name: 'sector-size',
    type: 'string',
    default: '32GiB',
    usage: `sector size: ${sectorSizes.map((size) => size.name).join(', ')}`,
  },
  {
    name: 'owner',
    aliases: ['o'],
    type: 'string',
    default: '',
    usage: 'address of the owner, kept in the repo',
  },
  {
    name: 'no-local-storage',
    type: 'bool',
    default: false,
    usage: 'do not make the repo itself a storage path',
  },
];

const initCommand: Command = {
  name: 'init',
  usage: 'create a miner repo; needs no network',
  flags: initFlags,
  examples: ['seal-miner init --actor=f01000 --sector-size=32GiB --no-local-storage'],
  run: async ({ flags, global, out }) => {
    const actor = flags.text('actor');
    if (!/^[ft]0\d+$/.test(actor))
      throw usage(
        '--actor',
        actor === '' ? '--actor is missing' : `'${actor}' is not an actor address`,
        'write --actor=f01000',
      );
    const size = sectorSizes.find((known) => known.name === flags.text('sector-size'));
    if (size === undefined)
      throw usage(
        '--sector-size',
        `'${flags.text('sector-size')}' is not a sector size`,
        `write one of ${sectorSizes.map((known) => known.name).join(', ')}`,
      );
    const owner = flags.text('owner');
    const identity = { actor, sectorSize: size.name, ...(owner === '' ? {} : { owner }) };
    await initMinerRepo(minerRepoPath({ global }), identity, {
      noLocalStorage: flags.bool('no-local-storage'),
    });
    out(`Miner ${actor} (${size.name} sectors) initialized in ${minerRepoPath({ global })}\n`);
  },
};

/** Flags of `lotus-miner run` that are accepted for compatibility and have no effect. */
const lotusRunFlags: readonly Flag[] = [
  { name: 'nosync', type: 'bool', default: false, usage: 'no effect', hidden: true },
  { name: 'manage-fdlimit', type: 'bool', default: true, usage: 'no effect', hidden: true },
];

const runCommand: Command = {
  name: 'run',
  usage: 'start the miner',
  flags: [
    {
      name: 'miner-api',
      type: 'int',
      default: 0,
      usage: 'listen on 127.0.0.1 at this port, whatever config.toml says',
    },
    {
      name: 'enable-gpu-proving',
      type: 'bool',
      default: true,
      usage: 'let the built-in worker use GPUs',
    },
    ...lotusRunFlags,
  ],
  run: async ({ flags, global, env }) => {
    const log = makeLog('seal-miner', env);
    for (const { name } of lotusRunFlags.filter((flag) => flags.isSet(flag.name)))
      log.warn(
        `--${name} has no effect: this miner follows no chain and always raises its limit of open files to the maximum`,
      );
    const options = {
      repo: minerRepoPath({ global }),
      ...buildInfo(),
      env,
      gpuProving: flags.bool('enable-gpu-proving'),
      ...(flags.isSet('miner-api') ? { apiPort: flags.number('miner-api') } : {}),
      log,
    };
    await runDaemon(() => startMiner(options));
    log.info('miner stopped');
  },
};

const stopCommand: Command = {
  name: 'stop',
  usage: 'stop the running miner',
  run: async (invocation) => {
    await (await minerClient(invocation)).call('Shutdown', []);
  },
};

const configCommand: Command = {
  name: 'config',
  usage: 'the configuration file',
  commands: [
    {
      name: 'default',
      usage: 'print config.toml with every key at its default',
      flags: [{ name: 'no-comment', type: 'bool', default: false, usage: 'omit the explanations' }],
      run: async ({ flags, out }) => out(renderDefaultConfig(!flags.bool('no-comment'))),
    },
  ],
};

const versionCommand: Command = {
  name: 'version',
  usage: 'print the versions of the running miner and of this program',
  run: async (invocation) => {
    const daemon = await (await minerClient(invocation)).call('Version', []);
    invocation.out(`Daemon:  ${daemon.Version}+api${apiVersionText(daemon.APIVersion)}\n`);
    invocation.out(`Local: seal-miner version ${buildInfo().version}\n`);
  },
};

const waitApiCommand: Command = {
  name: 'wait-api',
  usage: 'wait until the miner answers',
  flags: [{ name: 'timeout', type: 'duration', default: '30s', usage: 'how long to wait' }],
  run: async (invocation) => {
    const deadline = Date.now() + invocation.flags.number('timeout');
    for (;;) {
      try {
        await (await minerClient(invocation)).call('Version', [], { timeoutMs: 5_000 });
        return;
      } catch (error) {
        if (Date.now() >= deadline)
          throw new Error(`the miner did not answer in time: ${messageOf(error)}`, { cause: error });
      }
      await sleep(pollMs);
    }
  },
};

/** The commands of `seal-miner`. */
export const minerCommands: readonly Command[] = [
  initCommand,
  runCommand,
  stopCommand,
  minerInfoCommand,
  minerSealingCommand,
  sectorsCommand,
  storageCommand,
  authCommand,
  configCommand,
  versionCommand,
  waitApiCommand,
];
