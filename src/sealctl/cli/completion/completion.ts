import { buildCommand } from '@stricli/core';
import { fail } from '@sealctl/core/problem/problem';
import { completionScript, shells } from '@sealctl/core/text/shell-completion';
import type { SealctlContext } from '../core/context.ts';
import { usageCode, type NoFlags } from '../core/flags.ts';

export const completionCommand = buildCommand<NoFlags, [string], SealctlContext>({
  docs: {
    brief: 'print the completion script of a shell',
    fullDescription: [
      'Completes commands, flags and the hosts of cluster.yaml.',
      '',
      'EXAMPLES',
      '  source <(sealctl completion bash)',
      '  sealctl completion zsh > ~/.zfunc/_sealctl',
      '  sealctl completion fish > ~/.config/fish/completions/sealctl.fish',
    ].join('\n'),
  },
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: shells.join(', '),
          parse: String,
          placeholder: 'shell',
          proposeCompletions: () => [...shells],
        },
      ],
    },
  },
  func(_flags, shell) {
    const known = shells.find((name) => name === shell);
    if (known === undefined) {
      throw fail({
        code: usageCode,
        summary: `there is no completion for ${shell}`,
        where: { in: 'command line', argument: shell },
        fix: `choose one of ${shells.join(', ')}`,
      });
    }
    this.process.stdout.write(completionScript('sealctl', known));
  },
});
