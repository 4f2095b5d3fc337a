import type { HostLayout } from '../layout.ts';
import { shq } from '../quote.ts';

/** A script with what it reads on standard input. */
export interface Script {
  readonly script: string;
  readonly stdin: string;
}

/** Exit status of a script that reports why it failed. */
export const failureStatus = 65;
/** The mark of the line on stderr with the reason: code and details, the latter in base64. */
export const failureMark = 'sealctl-failed';

/** Assignments of shell variables: the only way values enter a script. */
export function assignments(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${shq(value)}\n`)
    .join('');
}

/** The beginning of every operation's script: a known environment, and failures that a program can read. */
export function prelude(layout: HostLayout): string {
  return `set -u
umask 077
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
tab='	'
${assignments({ state: layout.state, manifest: layout.manifest, releases: layout.releases })}
# fail CODE DETAIL
fail() {
  printf '${failureMark} %s %s\\n' "$1" "$(printf %s "$2" | base64 -w0)" >&2
  exit ${failureStatus}
}

# blame DETAIL: fails with the code that a system's message stands for.
blame() {
  case $1 in
    *'No space left'* | *'quota exceeded'*) fail disk-full "$1" ;;
    *'Read-only file system'*) fail read-only "$1" ;;
    *'Permission denied'* | *'Operation not permitted'*) fail permission-denied "$1" ;;
    *'invalid user'* | *'does not exist'*) fail no-such-account "$1" ;;
    *) fail operation-failed "$1" ;;
  esac
}

# guard COMMAND...: a command that must succeed.
guard() {
  said=$("$@" 2>&1) || blame "$said"
}

# directory DIR MODE: makes a missing directory, its parents too.
directory() {
  [ -d "$1" ] && return 0
  parent=\${1%/*}
  [ -z "$parent" ] || [ -d "$parent" ] || directory "$parent" "$2"
  guard mkdir -m "$2" -- "$1"
}

# ready_state: sealctl's own directory. Others may pass through it to the repos below, but not list it.
ready_state() {
  directory "$state" 0711
}

# put PATH MASK: standard input becomes the file, all of it or none of it. Its directory may belong to somebody else, so nothing that
# lies there is followed or trusted.
put() {
  tmp="\${1%/*}/.sealctl-new.\${1##*/}"
  guard rm -rf -- "$tmp"
  trap 'rm -rf -- "$tmp"' EXIT
  said=$({ set -C; umask "$2"; exec 3>"$tmp" && cat >&3 && exec 3>&- && sync -- "$tmp"; } 2>&1) || blame "$said"
}

# settle PATH: what put wrote takes its place.
settle() {
  guard mv -fT -- "$tmp" "$1"
  trap - EXIT
  sync -- "\${1%/*}"
}

# amend ID PATH LINE: the manifest without what had this id or this path, and with the line, if it is not empty.
amend() {
  ready_state
  {
    if [ -f "$manifest" ]; then
      while IFS= read -r line; do
        case $line in "$1$tab"*) continue ;; esac
        rest=\${line#*"$tab"}
        rest=\${rest#*"$tab"}
        case \${rest%%"$tab"*} in "$2") continue ;; esac
        printf '%s\\n' "$line"
      done <"$manifest"
    fi
    [ -z "$3" ] || printf '%s\\n' "$3"
  } | put_manifest || exit $?
}
put_manifest() {
  put "$manifest" 077
  settle "$manifest"
}

# entry_of ID: the line of an id, in $entry; empty when there is none.
entry_of() {
  entry=
  [ -f "$manifest" ] || return 0
  while IFS= read -r line; do
    case $line in "$1$tab"*) entry=$line ;; esac
  done <"$manifest"
}

# column N LINE
column() {
  rest=$2
  n=$1
  while [ "$n" -gt 1 ]; do
    rest=\${rest#*"$tab"}
    n=$((n - 1))
  done
  column=\${rest%%"$tab"*}
}

# digest PATH: of a file, in $digest.
digest() {
  said=$({ sha256sum <"$1"; } 2>&1) || blame "$said"
  digest=\${said%% *}
}
`;
}
