/** The hidden command that the scripts below call with the words typed so far; it prints proposals, each with a tab and what it is. */
export const completeCommandName = '__complete';

/** Shells that have a completion script. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The completion script of a program for a shell: the program itself lists the candidates. Files are proposed where it lists none. */
export function completionScript(program: string, shell: Shell): string {
  const name = `_${program.replaceAll('-', '_')}`;
  switch (shell) {
    case 'bash':
      return `${name}() {
  local IFS=$'\\n'
  COMPREPLY=($(${program} ${completeCommandName} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
  [[ \${#COMPREPLY[@]} -gt 0 ]] || compopt -o default
}
complete -F ${name} ${program}
`;
    case 'zsh':
      return `#compdef ${program}
${name}() {
  local -a proposals
  proposals=("\${(@f)$(${program} ${completeCommandName} -- "\${(@)words[2,CURRENT]}" 2>/dev/null | sed 's/:/\\\\:/g; s/\\t/:/')}")
  if [[ -n "\${proposals[1]}" ]]; then _describe ${program} proposals; else _files; fi
}
# Loaded by zsh itself as the function of this file, or sourced.
if [ "$funcstack[1]" = _${program} ]; then ${name} "$@"; else compdef ${name} ${program}; fi
`;
    case 'fish':
      return `function _${name}_complete
  set -l words (commandline -opc) (commandline -ct)
  ${program} ${completeCommandName} -- $words[2..-1] 2>/dev/null
end
# Files only where nothing else is proposed.
complete -c ${program} -n 'count (_${name}_complete) >/dev/null' -f -a '(_${name}_complete)'
`;
  }
}
