import { computeProcess } from '../../worker/compute/compute-process.ts';
import { computeCommandName } from '../../worker/compute/run-job.ts';
import type { Command } from '../../lotus-cli/app.ts';
import { storageCommands } from '../storage-commands.ts';
import { workerClient } from './connection.ts';
import { workerInfoCommand } from './info.ts';
import { resourcesCommand } from './resources.ts';
import { runCommand } from './run.ts';
import { tasksCommand } from './tasks.ts';

const stopCommand: Command = {
  name: 'stop',
  usage:
    'take no new tasks, finish the running ones, remove the storage paths from the index, and stop the worker',
  flags: [
    {
      name: 'now',
      type: 'bool',
      default: false,
      usage: 'do not wait: running tasks are interrupted; PC1 resumes later after its last complete layer',
    },
  ],
  run: async (invocation) => {
    const client = await workerClient(invocation);
    if (!invocation.flags.bool('now')) {
      await client.call('SetEnabled', [false]);
      const running = await client.call('RunningCalls', []);
      if (running.length > 0)
        invocation.err(
          `waiting for ${running.length} running tasks; an interrupt leaves the worker paused, 'seal-worker set --enabled' resumes it\n`,
        );
      await client.call('WaitQuiet', [], { timeoutMs: Infinity });
    }
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

/** The command that runs in a compute process; the worker starts it. */
const computeCommand: Command = {
  name: computeCommandName,
  usage: 'compute one task read from standard input',
  hidden: true,
  run: computeProcess,
};

/** The commands of `seal-worker`. */
export const workerCommands: readonly Command[] = [
  runCommand,
  stopCommand,
  workerInfoCommand,
  { name: 'storage', usage: 'storage paths of the worker', commands: storageCommands(workerClient) },
  tasksCommand,
  resourcesCommand,
  setCommand,
  waitQuietCommand,
  computeCommand,
];
