import { resolve } from 'node:path';
import { usage, type Flag } from '../lotus-cli/flag.ts';
import type { Command, Invocation } from '../lotus-cli/app.ts';
import { expandHome } from './home.ts';
import { bytesOfSizeText } from '@sealctl/core/lotus/size-text';
import type { CallOptions } from '@sealctl/core/lotus/rpc-client';
import { initSectorStore, readSectorStore } from '../base/storage/store-file.ts';

/** The storage methods that miner and worker have in common. */
export interface StorageOwner {
  call(method: 'StorageAddLocal', params: [path: string], options?: CallOptions): Promise<null>;
  call(method: 'StorageDetachLocal', params: [path: string], options?: CallOptions): Promise<null>;
  call(
    method: 'StorageRedeclareLocal',
    params: [id: string | null, dropMissing: boolean],
    options?: CallOptions,
  ): Promise<null>;
}

/** A long timeout: opening, scanning and declaring a path with many sectors takes minutes. */
const patient: CallOptions = { timeoutMs: 10 * 60_000 };
const onlyWithInit = ['weight', 'seal', 'store', 'max-storage', 'groups', 'allow-to'] as const;

const attachFlags: readonly Flag[] = [
  { name: 'init', type: 'bool', default: false, usage: 'make the directory a storage path first' },
  {
    name: 'weight',
    type: 'int',
    default: 10,
    usage: '(with --init) weight of the path when files are placed',
  },
  { name: 'seal', type: 'bool', default: false, usage: '(with --init) use it for sealing' },
  { name: 'store', type: 'bool', default: false, usage: '(with --init) use it for long-term storage' },
  {
    name: 'max-storage',
    type: 'string',
    default: '',
    usage: '(with --init) limit of its size, such as 10TiB',
  },
  { name: 'groups', type: 'strings', usage: '(with --init) groups the path belongs to' },
  {
    name: 'allow-to',
    type: 'strings',
    usage: '(with --init) groups that may fetch from the path; none means all',
  },
];

/** `storage attach|detach|redeclare`, for the daemon that `connect` reaches. */
export function storageCommands(connect: (invocation: Invocation) => Promise<StorageOwner>): Command[] {
  return [
    {
      name: 'attach',
      usage: 'open a storage path and add it to storage.json',
      args: ['PATH'],
      flags: attachFlags,
      examples: ['storage attach --init --seal --groups=rack-a --allow-to=rack-a /mnt/seal0'],
      run: async (invocation) => {
        const path = pathOf(invocation);
        await initIfAsked(path, invocation);
        await (await connect(invocation)).call('StorageAddLocal', [path], patient);
      },
    },
    {
      name: 'detach',
      usage: 'close a storage path and remove it from storage.json; its files stay',
      args: ['PATH'],
      flags: [{ name: 'really-do-it', type: 'bool', default: false, usage: 'confirm' }],
      run: async (invocation) => {
        if (!invocation.flags.bool('really-do-it'))
          throw usage(
            '--really-do-it',
            'detaching needs --really-do-it',
            'add --really-do-it before the path to confirm',
          );
        const path = pathOf(invocation);
        await (await connect(invocation)).call('StorageDetachLocal', [path], patient);
      },
    },
    {
      name: 'redeclare',
      usage: 'read sectorstore.json again and declare paths and sectors again',
      optionalArgs: ['PATH'],
      flags: [
        { name: 'id', type: 'string', default: '', usage: 'ID of the path' },
        { name: 'all', type: 'bool', default: false, usage: 'every path' },
        {
          name: 'drop-missing',
          type: 'bool',
          default: true,
          usage: 'remove sectors whose files no longer exist from the index',
        },
      ],
      examples: ['storage redeclare --all', 'storage redeclare --drop-missing=false /mnt/seal0'],
      run: async (invocation) => {
        const id = await selectedId(invocation);
        const params: [string | null, boolean] = [id, invocation.flags.bool('drop-missing')];
        await (await connect(invocation)).call('StorageRedeclareLocal', params, patient);
      },
    },
  ];
}

/** The argument as an absolute path, since the daemon has another working directory. */
function pathOf({ args }: Invocation): string {
  return resolve(expandHome(args[0] ?? ''));
}

async function initIfAsked(path: string, { flags }: Invocation): Promise<void> {
  if (!flags.bool('init')) {
    const idle = onlyWithInit.find((name) => flags.isSet(name));
    if (idle !== undefined)
      throw usage(
        `--${idle}`,
        `--${idle} has an effect only with --init`,
        `add --init, or edit ${path}/sectorstore.json and run storage redeclare`,
      );
    return;
  }
  if (!flags.bool('seal') && !flags.bool('store'))
    throw usage(
      '--init',
      'a new storage path needs --seal, --store or both',
      'add --seal for sealing, --store for finished sectors',
    );
  const list = (name: string) => (flags.isSet(name) ? flags.list(name) : null);
  await initSectorStore(path, {
    Weight: flags.number('weight'),
    CanSeal: flags.bool('seal'),
    CanStore: flags.bool('store'),
    MaxStorage: flags.isSet('max-storage') ? bytesOfSizeText(flags.text('max-storage')) : 0,
    Groups: list('groups'),
    AllowTo: list('allow-to'),
  });
}

async function selectedId({ flags, args }: Invocation): Promise<string | null> {
  const [path] = args;
  const all = flags.bool('all');
  if (all && flags.isSet('id'))
    throw usage('--all', '--all and --id exclude each other', 'use only one of them');
  if (all && path !== undefined)
    throw usage('--all', '--all and a path exclude each other', 'use only one of them');
  if (all) return null;
  if (flags.isSet('id')) return flags.text('id');
  if (path === undefined)
    throw usage('redeclare', 'redeclare needs a path, --id or --all', 'write --all, --id=ID or a path');
  return (await readSectorStore(resolve(expandHome(path)))).ID;
}
