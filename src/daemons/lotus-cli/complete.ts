import { completionScript, shells } from '@sealctl/core/text/shell-completion';
import type { Command } from './app.ts';
import { usage } from './flag.ts';

/**
 * The candidates for the last word of a command line, each with its description: flags after a dash, else commands. None where a flag's
 * value or an argument is expected.
 */
export function proposalsFor(root: Command, typed: readonly string[]): [word: string, usage: string][] {
  let command = root;
  let valueWanted = false;
  for (const word of typed.slice(0, -1)) {
    if (valueWanted) {
      valueWanted = false;
      continue;
    }
    if (word.startsWith('-')) {
      valueWanted = takesNextWord(command, word);
      continue;
    }
    const next = command.commands?.find(({ name }) => name === word);
    if (next === undefined) return [];
    command = next;
  }
  if (valueWanted) return [];
  const last = typed.at(-1) ?? '';
  const visible = last.startsWith('-') ? flagsOf(command) : commandsOf(command);
  return visible.filter(([word]) => word.startsWith(last));
}

/** `completion SHELL`: prints the script with which a shell completes the program's words. */
export function makeCompletionCommand(program: string): Command {
  return {
    name: 'completion',
    usage: `print the completion script of a shell: ${shells.join(', ')}`,
    args: ['SHELL'],
    examples: [
      `source <(${program} completion bash)`,
      `${program} completion fish > ~/.config/fish/completions/${program}.fish`,
    ],
    run: ({ args: [shell = ''], out }) => {
      const known = shells.find((name) => name === shell);
      if (known === undefined)
        throw usage(shell, `no completion script for ${shell}`, `choose one of ${shells.join(', ')}`);
      out(completionScript(program, known));
      return Promise.resolve();
    },
  };
}

function takesNextWord(command: Command, word: string): boolean {
  const name = word.replace(/^--?/, '');
  const flag = command.flags?.find((known) => known.name === name || known.aliases?.includes(name));
  return flag !== undefined && flag.type !== 'bool';
}

function flagsOf(command: Command): [string, string][] {
  return (command.flags ?? [])
    .filter(({ hidden }) => hidden !== true)
    .map(({ name, usage }) => [`--${name}`, usage]);
}

function commandsOf(command: Command): [string, string][] {
  return (command.commands ?? [])
    .filter(({ hidden }) => hidden !== true)
    .map(({ name, usage }) => [name, usage]);
}
