import { logRotationFunctions, supervisorLogLimits } from './log-rotation.ts';
import { processStatusFunctions } from './process-status.ts';

/**
 * The limit of core dumps with which the kernel writes none: a dump of a daemon holds the miner's token. Less than a page makes no file,
 * and of all limits only 1 also keeps the kernel from starting a program that `core_pattern` pipes dumps to. Source: Linux,
 * fs/coredump.c.
 */
export const noCoreDumpBytes = 1;

/**
 * What keeps daemons running where systemd does not: in containers and on hosts without root. One POSIX sh script, put on the host
 * beside the service directories, needing nothing but coreutils and util-linux (`setsid`, `flock`, `taskset`, `setpriv`,
 * `prlimit`, `fallocate`).
 *
 * `sh supervisor start DIR` starts the service defined in `DIR/run` and returns once its process is there; a service that runs is
 * left alone. `sh supervisor stop DIR` ends the process with SIGTERM, after `stop_timeout_s` with SIGKILL to its whole group, and
 * returns when it has ended. A process that ends by itself is started again after `restart_delay_s`, and after ever longer
 * pauses of up to a minute while it keeps ending early. The supervisor outlives the SSH session that started it. It does not survive a
 * reboot of the machine: the next `sealctl apply` sees that the service does not run and starts it.
 *
 * Files in DIR: `run` (the definition), `status` (what the probe reads), `enabled` (it shall run), `lock` (held while a supervisor
 * lives, so that there is never a second), `log`, and rotated logs, of which `log.1` is the newest. A process is recognized by its PID, its
 * start time and the boot, so a stale PID is never taken for it; a process whose supervisor was killed is adopted by the next one and not
 * started twice.
 */
export const supervisorScript = `#!/bin/sh
# Part of sealctl: keeps one service running. See "supervisor" in its documentation.
set -u
umask 077
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
verb=$1
dir=$2
limits=\${dir%/*}/${supervisorLogLimits}

${processStatusFunctions}

# What the definition need not say. It is read where its arguments are wanted: set -- in a function stays in that function.
defaults() {
  program= environment= account= nofile= cpus= restart_delay_s=5 stop_timeout_s=90
}

${logRotationFunctions}

# Becomes the service's process. Only here does its environment exist, so nothing else can be led astray by it.
become() {
  exec 9>&- </dev/null >>"$dir/log" 2>&1
  cd /
  case $nofile in
    '') ;;
    *) ulimit -n "$nofile" 2>/dev/null || ulimit -n "$(ulimit -Hn)" ;;
  esac
  if [ -n "$account" ]; then
    eval "HOME=~$account"
    export HOME
  fi
  # The words before the program, in front of its arguments.
  set -- "$program" "$@"
  if [ -n "$account" ] && [ "$account" != "$(id -un)" ]; then
    set -- setpriv --reuid "$account" --regid "$(id -g "$account")" --init-groups -- "$@"
  fi
  [ -n "$cpus" ] && set -- taskset -c "$cpus" "$@"
  # A limit of 0 cannot be raised to it without privilege.
  [ "$(ulimit -Hc)" = 0 ] || set -- prlimit --core=${noCoreDumpBytes} "$@"
  umask 022
  unset LC_ALL PWD OLDPWD
  if [ -n "$environment" ]; then
    set -a
    . "$environment"
    set +a
  fi
  unset NODE_OPTIONS
  exec setsid "$@"
}

# A process that was stopped by a signal must go on to notice that it is to end.
ask_to_end() {
  kill -TERM "$1" 2>/dev/null
  kill -CONT "$1" 2>/dev/null
  :
}

# One end of the process: sets result from the status the shell got.
judge() {
  if [ "$1" -eq 0 ]; then result=success
  elif [ "$1" -gt 128 ]; then result="signal $(($1 - 128))"
  else result="exit-code $1"
  fi
}

supervise() {
  exec 9>"$dir/lock"
  flock -n 9 || exit 0
  read_status
  process_was=$process process_was_started=$process_started
  alive "$process_was" "$process_was_started" "$process_boot" || process_was=
  supervisor=$$
  start_of $$
  supervisor_started=$started
  restarts=0 result=none stopping= child= pause=0
  trap 'stopping=1; [ -n "$child" ] && ask_to_end "$child"; :' TERM
  trap : USR1
  defaults
  . "$dir/run"
  # Wakes the supervisor now and then to look at the size of the log.
  (
    exec 9>&-
    ticking=
    trap '[ -n "$ticking" ] && kill "$ticking" 2>/dev/null; exit 0' TERM
    trap - USR1
    while :; do
      sleep 20 &
      ticking=$!
      wait "$ticking"
      alive "$supervisor" "$supervisor_started" "$boot" || exit 0
      kill -USR1 "$supervisor"
    done
  ) &
  ticker=$!
  if [ -n "$process_was" ]; then
    child=$process_was process=$process_was process_started=$process_was_started
    write_status active
    while alive "$process" "$process_started" "$boot"; do nap 1; rotate; done
    result=unknown
  fi
  while [ -z "$stopping" ]; do
    if [ -n "$child" ]; then
      restarts=$((restarts + 1)) child= process= process_started=
      write_status activating
      nap "$pause"
      [ -z "$stopping" ] || break
    fi
    defaults
    . "$dir/run"
    rotate
    began=$(date +%s)
    become "$@" &
    child=$!
    process=$child
    start_of "$child"
    process_started=$started
    # A stop that came before the child was known has not reached it yet.
    [ -z "$stopping" ] || ask_to_end "$child"
    write_status active
    wait "$child"
    code=$?
    while alive "$process" "$process_started" "$boot"; do
      [ -z "$stopping" ] || write_status deactivating
      rotate
      wait "$child"
      code=$?
    done
    # A signal may have ended the waiting just as the process ended: only a second wait has its status then.
    wait "$child" 2>/dev/null
    again=$?
    [ "$again" -eq 127 ] || code=$again
    judge "$code"
    if [ $(($(date +%s) - began)) -ge 60 ] || [ "$pause" -eq 0 ]; then pause=$restart_delay_s
    else pause=$((pause * 2)); [ "$pause" -le 60 ] || pause=60
    fi
  done
  kill "$ticker" 2>/dev/null
  process= process_started= supervisor= supervisor_started=
  write_status inactive
}

# Sleeps, but not through a signal.
nap() {
  sleep "$1" 9>&- &
  napping=$!
  wait "$napping"
  kill "$napping" 2>/dev/null
  :
}

start() {
  : >"$dir/enabled"
  exec 9>"$dir/lock"
  if flock -n 9; then
    rm -f "$dir/status.new"
    exec 9>&-
    env -i PATH="$PATH" HOME="\${HOME:-/}" LANG="\${LANG:-C.UTF-8}" \\
      setsid sh "$0" supervise "$dir" </dev/null >>"$dir/log" 2>&1 &
  fi
  exec 9>&-
  waited=0
  while [ "$waited" -lt 100 ]; do
    read_status
    if [ "$state" = active ] && alive "$process" "$process_started" "$process_boot"; then return 0; fi
    if [ "$state" = activating ] && [ "$restarts" -gt 0 ] && alive "$supervisor" "$supervisor_started" "$process_boot"; then
      return 1
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
  return 1
}

stop() {
  rm -f "$dir/enabled"
  defaults
  [ -f "$dir/run" ] && . "$dir/run"
  read_status
  exec 9>"$dir/lock"
  if ! flock -n 9; then
    alive "$supervisor" "$supervisor_started" "$process_boot" && kill -TERM "$supervisor"
    if ! flock -w "$stop_timeout_s" 9; then
      read_status
      alive "$process" "$process_started" "$process_boot" && kill -s KILL -- "-$process"
      flock -w 10 9 || return 1
    fi
  fi
  read_status
  # A process whose supervisor was killed before.
  if alive "$process" "$process_started" "$process_boot"; then
    ask_to_end "$process"
    waited=0
    while alive "$process" "$process_started" "$process_boot"; do
      [ "$waited" -lt $((stop_timeout_s * 10)) ] || kill -s KILL -- "-$process"
      sleep 0.1
      waited=$((waited + 1))
    done
  fi
  process= process_started= supervisor= supervisor_started=
  write_status inactive
}

boot=
read -r boot </proc/sys/kernel/random/boot_id
case $verb in
  start) start ;;
  stop) stop ;;
  supervise) supervise ;;
  *) echo "usage: supervisor start|stop DIR" >&2; exit 64 ;;
esac
`;
