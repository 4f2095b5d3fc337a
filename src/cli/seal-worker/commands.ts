import type { Command } from '../urfave/app.ts';
import { storageCommands } from '../storage-commands.ts';
import { workerClient } from './connection.ts';
import { infoCommand } from './info.ts';
import { resourcesCommand } from './resources.ts';
import { runCommand } from './run.ts';
import { tasksCommand } from './tasks.ts';

const stopCommand: Command = {
  name: 'stop',
  usage: 'take the storage paths out of the index and stop the running worker; does not wait for tasks',
  run: async (invocation) => {
    const client = await workerClient(invocation);
    await client.call('StorageDetachAll', []);
    await client.call('Shutdown', []);
  },
};

const setCommand: Command = {
  name: 'set',
  usage: 'pause or resume the whole worker (deprecated: use tasks)',
  hidden: true,
  flags: [{ name: 'enabled', type: 'bool', default: true, usage: 'false pauses' }],
  run: async (invocation) => {
    invocation.err(`WARNING: 'set' is deprecated, use 'tasks enable' and 'tasks disable'\n`);
    await (await workerClient(invocation)).call('SetEnabled', [invocation.flags.bool('enabled')]);
  },
};

const waitQuietCommand: Command = {
  name: 'wait-quiet',
  usage: 'wait until no task runs (deprecated)',
  hidden: true,
  run: async (invocation) => {
    invocation.err(`WARNING: 'wait-quiet' is deprecated; with work still arriving it may never return\n`);
    await (await workerClient(invocation)).call('WaitQuiet', [], { timeoutMs: Infinity });
  },
};

/** The commands of `seal-worker`. */
export const commands: readonly Command[] = [
  runCommand,
  stopCommand,
  infoCommand,
  { name: 'storage', usage: 'storage paths of the worker', commands: storageCommands(workerClient) },
  tasksCommand,
  resourcesCommand,
  setCommand,
  waitQuietCommand,
];
