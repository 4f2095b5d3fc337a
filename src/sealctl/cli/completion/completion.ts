import { buildCommand } from '@stricli/core';
import { fail } from '@sealctl/core/problem/problem';
import type { SealctlContext } from '../core/context.ts';
import { usageCode, type NoFlags } from '../core/flags.ts';

/** Name of the hidden command that the scripts call with the words typed so far. */
export const completeCommandName = '__complete';

const scripts: Readonly<Record<string, string>> = {
  bash: `_sealctl() {
  local IFS=$'\\n'
  COMPREPLY=($(sealctl ${completeCommandName} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
  [[ \${#COMPREPLY[@]} -gt 0 ]] || compopt -o default
}
complete -F _sealctl sealctl
`,
  zsh: `#compdef sealctl
_sealctl() {
  local -a proposals
  proposals=("\${(@f)$(sealctl ${completeCommandName} -- "\${(@)words[2,CURRENT]}" 2>/dev/null | sed 's/:/\\\\:/g; s/\\t/:/')}")
  if [[ -n "\${proposals[1]}" ]]; then _describe sealctl proposals; else _files; fi
}
# Loaded by zsh itself as the function of this file, or sourced.
if [ "$funcstack[1]" = _sealctl ]; then _sealctl "$@"; else compdef _sealctl sealctl; fi
`,
  fish: `function __sealctl_complete
  set -l words (commandline -opc) (commandline -ct)
  sealctl ${completeCommandName} -- $words[2..-1] 2>/dev/null
end
# Files only where nothing else is proposed: for --file, --out and the plan of apply.
complete -c sealctl -n 'count (__sealctl_complete) >/dev/null' -f -a '(__sealctl_complete)'
`,
};

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
          brief: Object.keys(scripts).join(', '),
          parse: String,
          placeholder: 'shell',
          proposeCompletions: () => Object.keys(scripts),
        },
      ],
    },
  },
  func(_flags, shell) {
    const script = scripts[shell];
    if (script === undefined) {
      throw fail({
        code: usageCode,
        summary: `there is no completion for ${shell}`,
        where: { in: 'command line', argument: shell },
        fix: `choose one of ${Object.keys(scripts).join(', ')}`,
      });
    }
    this.process.stdout.write(script);
  },
});
