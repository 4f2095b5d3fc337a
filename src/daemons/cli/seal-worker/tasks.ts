import { taskNameOf, taskTypes, type TaskCode } from '@sealctl/core/lotus/task-type';
import type { Command, Invocation } from '../../lotus-cli/app.ts';
import { usage } from '../../lotus-cli/flag.ts';
import { workerClient } from './connection.ts';

const toggles = taskTypes.filter((type) => type.toggle).map((type) => type.code);

/** `tasks enable|disable`: changes which tasks the running worker takes, until it restarts. */
export const tasksCommand: Command = {
  name: 'tasks',
  usage: 'change which tasks the worker takes, until it restarts',
  commands: [toggle('enable', 'TaskEnable'), toggle('disable', 'TaskDisable')],
};

function toggle(name: 'enable' | 'disable', method: 'TaskEnable' | 'TaskDisable'): Command {
  return {
    name,
    usage: `${name} one task type, or all: ${toggles.join(' ')}`,
    optionalArgs: ['TASK'],
    flags: [{ name: 'all', type: 'bool', default: false, usage: `${name} all tasks` }],
    examples: [`seal-worker tasks ${name} PC1`, `seal-worker tasks ${name} --all`],
    run: async (invocation) => {
      const client = await workerClient(invocation);
      for (const code of chosen(invocation, name)) await client.call(method, [taskNameOf(code)]);
    },
  };
}

function chosen({ flags, args }: Invocation, name: string): readonly TaskCode[] {
  const [word] = args;
  if (flags.bool('all')) {
    if (word !== undefined) throw usage(word, `--all and ${word} exclude each other`, 'keep one of them');
    return toggles;
  }
  const code = toggles.find((candidate) => candidate === word);
  if (code === undefined)
    throw usage(
      word ?? name,
      word === undefined ? `${name} needs a task` : `'${word}' is not a task that can be switched`,
      `write one of ${toggles.join(', ')}, or --all`,
    );
  return [code];
}
