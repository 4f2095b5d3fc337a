import type { ProbeRequest } from './facts.ts';
import type { HostLayout } from '../layout.ts';
import { shq } from '../quote.ts';

/** The maximum size of a file whose content is sent. */
export const contentLimitBytes = 1024 * 1024;

/** Kernel files that describe the host; read together, each below a line with its name. */
const kernelFiles = [
  '/proc/sys/kernel/hostname',
  '/proc/cpuinfo',
  '/proc/meminfo',
  '/sys/devices/system/cpu/online',
  '/proc/1/limits',
  '/proc/1/status',
  '/proc/self/limits',
  '/proc/self/status',
  '/proc/self/uid_map',
  '/proc/sys/fs/nr_open',
  '/proc/sys/kernel/random/boot_id',
];

/** What a program built with Node needs besides libc. */
const runtimeLibraries = ['libstdc++.so.6', 'libgcc_s.so.1'];

/** Sector directories of a storage path. Source: docs/spec/lotus.md section 7.5. */
const sectorDirectories = ['unsealed', 'sealed', 'cache', 'update', 'update-cache', 'piece'];

/**
 * One POSIX sh script, for `sh -s`, that answers all requests and reads the host's own manifest so that what is no longer wanted is
 * answered too. It changes nothing and needs coreutils, /proc and, on systemd hosts, systemctl; it starts about a dozen processes
 * however much is asked.
 *
 * The answer is a list of NUL-terminated strings (`probe-answers.ts`). Contents and environments travel in base64, everything else
 * cannot hold a NUL: nothing on the host can pretend to be an answer. The whole is one function, so a script that was cut off on its
 * way does nothing at all.
 */
export function probeScript(requests: readonly ProbeRequest[], layout: HostLayout): string {
  const asked = {
    files: requests.flatMap((request) => (request.ask === 'file' ? [request.path] : [])),
    contents: requests.flatMap((request) =>
      request.ask === 'file' && request.content ? [request.path] : [],
    ),
    programs: requests.flatMap((request) => (request.ask === 'program' ? [request.path] : [])),
    directories: requests.flatMap((request) => (request.ask === 'directory' ? [request.path] : [])),
    systemd: serviceNames(requests, 'systemd'),
    supervisor: serviceNames(requests, 'supervisor'),
  };
  const state = [layout.manifest, layout.hold, layout.inventory];
  return `answer() {
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
newline='
'
tab='	'
manifest=${shq(layout.manifest)}
releases=${shq(layout.releases)}
services=${shq(layout.services)}
${functions}
printf '\\0${probeMark}\\0'
tell state ${words([...state, layout.releases])}
tell clock "$(date +%s)"
printf 'kernel\\0'
head -v -c 16384 ${words(kernelFiles)} 2>/dev/null
printf '\\0'
[ -d /run/systemd/system ] && tell systemd
libraries ${words(runtimeLibraries)}
gpus

units=${shq(asked.systemd.map((name) => `${name}.service`).join(' '))}
supervised=${shq(asked.supervisor.join(' '))}
set -- ${words([...new Set([...state, ...asked.files])])}
asked="\x01$manifest\x01"
for path do asked="$asked$path\x01"; done
set -f
IFS=$newline
for line in $(cat "$manifest" 2>/dev/null); do
  read_entry "$line"
  case $kind in
    '') continue ;;
    service)
      case $path in '' | *[!A-Za-z0-9:_.@-]*) continue ;; esac
      case $note in
        supervisor) case " $supervised " in *" $path "*) ;; *) supervised="$supervised $path" ;; esac ;;
        *) case " $units " in *" $path.service "*) ;; *) units="$units $path.service" ;; esac ;;
      esac ;;
    *)
      case $path in
        /*) case $asked in *"\x01$path\x01"*) ;; *) set -- "$@" "$path" ;; esac ;;
      esac ;;
  esac
done
unset IFS
set +f

printf 'stat\\0'
stat --printf '%n\\0%f %a %U %s %i %Y\\0' -- "$@" ${words([...asked.programs, ...asked.directories])} \\
  "/proc/$$" "$releases"/* 2>/dev/null
printf '\\0'
for path do
  shift
  if [ -L "$path" ]; then tell link "$path" "$(readlink -n -- "$path"; printf .)"
  elif [ -f "$path" ]; then if [ -r "$path" ]; then set -- "$@" "$path"; else tell denied "$path"; fi
  elif [ -e "$path" ]; then :
  else searchable "$path" || tell denied "$path"
  fi
done
printf 'sha256\\0'
[ "$#" -eq 0 ] || sha256sum -z -- "$@" 2>/dev/null
printf '\\0'

set -- ${words([...new Set([...state, ...asked.contents])])}
printf 'contents\\0'
for path do
  shift
  if [ -f "$path" ] && [ ! -L "$path" ] && [ -r "$path" ]; then
    set -- "$@" "$path"
    printf '%s\\0' "$path"
  fi
done
printf '\\0'
[ "$#" -eq 0 ] || head -q -c ${contentLimitBytes} -- "$@" 2>/dev/null | base64 -w0
printf '\\0'

${asked.programs.map((path) => `program ${shq(path)}\n`).join('')}
set -- ${words(asked.directories)}
if [ "$#" -gt 0 ]; then
  for path do directory "$path"; done
  cd /
  printf 'free-space\\0'
  stat -f --printf '%n\\0%a %S\\0' -- "$@" 2>/dev/null
  printf '\\0mounts\\0'
  cat /proc/self/mountinfo
  printf '\\0'
fi

set -f
for name in $supervised; do supervised "$name"; done
if [ -n "$units" ]; then
  shown=$(systemctl show -p Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload,NRestarts,Result,MainPID -- $units 2>&1)
  tell units "$shown"
  IFS=$newline
  for line in $shown; do
    case $line in MainPID=0) ;; MainPID=*) process "\${line#MainPID=}" ;; esac
  done
  unset IFS
fi
tell end
}
answer </dev/null
`;
}

/** Begins the answer; whatever a login shell printed before it is not part of it. */
export const probeMark = 'sealctl-probe 1';

const functions = `tell() { printf '%s\\0' "$@"; }

# Sets kind, path and note of a manifest line; a kind of its own marks a line that is none.
read_entry() {
  kind= path= note=
  IFS=$tab
  set -- $1
  IFS=$newline
  [ "$#" -eq 6 ] || return 0
  kind=$2 path=$3 note=$6
  case $path in *\\\\*) path=$(printf '%b.' "$path"); path=\${path%.} ;; esac
}

# Whether a path that is not there may be believed not to be there.
searchable() {
  parent=\${1%/*}
  [ -n "$parent" ] || return 0
  if [ -d "$parent" ]; then [ -x "$parent" ]; return; fi
  [ -e "$parent" ] || searchable "$parent"
}

libraries() {
  for library do
    for place in /lib64 /usr/lib64 /lib /usr/lib /lib/*-linux-gnu /usr/lib/*-linux-gnu; do
      [ -e "$place/$library" ] && continue 2
    done
    tell library "$library"
  done
}

# The kernel module knows its GPUs without waking them; where it does not, nvidia-smi does.
gpus() {
  if [ -d /proc/driver/nvidia/gpus ]; then
    known=$(cat /proc/driver/nvidia/gpus/*/information 2>/dev/null)
    case $known in
      *'GPU UUID'*'?'*) ;;
      *'GPU UUID'*) tell gpus-kernel "$known"; return ;;
    esac
  fi
  command -v nvidia-smi >/dev/null 2>&1 || return 0
  tell gpus-smi "$(timeout 20 nvidia-smi -L 2>/dev/null)"
}

# The digest noted beside a program holds while inode, size and times are those it was noted with.
program() {
  [ -f "$1" ] && [ ! -L "$1" ] || return 0
  [ -r "$1" ] || { tell denied "$1"; return; }
  inode= size= changed= touched= sha=
  [ -f "$1.digest" ] && read -r inode size changed touched sha <"$1.digest"
  if [ "$inode $size $changed $touched" != "$(stat -c '%i %s %.9Y %.9Z' -- "$1")" ]; then
    sha=$(sha256sum <"$1")
    sha=\${sha%% *}
  fi
  tell program "$1" "$sha"
}

directory() {
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then
    searchable "$1" || tell denied "$1"
    return
  fi
  if [ ! -d "$1" ]; then
    tell no-directory "$1"
    return
  fi
  if ! cd -P -- "$1" 2>/dev/null || [ ! -r . ]; then
    tell denied "$1"
    return
  fi
  empty=yes
  sectors=
  for inside in * .[!.]* ..?*; do
    { [ -e "$inside" ] || [ -L "$inside" ]; } && [ "$inside" != lost+found ] || continue
    empty=no
    break
  done
  for inside in ${sectorDirectories.join(' ')}; do [ -d "$inside" ] && sectors="$sectors $inside"; done
  tell directory "$1" "$PWD" "$empty" "$sectors"
}

# What sealctl's own supervisor wrote down of a service.
supervised() {
  known=no enabled=no state= process= process_started= boot= supervisor= restarts= result=
  [ -f "$services/$1/run" ] && known=yes
  [ -f "$services/$1/enabled" ] && enabled=yes
  if [ -f "$services/$1/status" ]; then
    while IFS='=' read -r key value; do
      case $key in
        state) state=$value ;;
        process) process=$value ;;
        process_started) process_started=$value ;;
        boot) boot=$value ;;
        supervisor) supervisor=$value ;;
        restarts) restarts=$value ;;
        result) result=$value ;;
      esac
    done <"$services/$1/status"
  fi
  [ -n "$supervisor" ] && [ -d "/proc/$supervisor" ] || supervisor=
  tell supervised "$1" "$known" "$enabled" "$state" "$process" "$process_started" "$boot" "$supervisor" \\
    "$restarts" "$result"
  [ -z "$process" ] || process "$process"
}

process() {
  case $1 in '' | *[!0-9]*) return 0 ;; esac
  tell process "$1" "$(readlink -n "/proc/$1/exe" 2>/dev/null; printf .)"
  cat "/proc/$1/limits" "/proc/$1/status" "/proc/$1/stat" 2>/dev/null
  printf '\\0'
  base64 -w0 "/proc/$1/environ" 2>/dev/null
  printf '\\0'
}
`;

function serviceNames(requests: readonly ProbeRequest[], manager: 'systemd' | 'supervisor'): string[] {
  return requests.flatMap((request) =>
    request.ask === 'service' && request.manager === manager ? [request.name] : [],
  );
}

function words(texts: readonly string[]): string {
  return texts.map(shq).join(' ');
}
