#!/bin/bash
# run-host.sh "CGROUP..." PID-FILE NSPAWN-ARGUMENT...: the mains plug of one host. Lives as long as the host is powered.
# All it starts is born inside the host's cgroups, so killing those is a power cut and freezing them stops the host.
set -uo pipefail

read -ra cgroups <<< "$1"
pid_file=$2
shift 2

join() { # LEAF: moves the calling process below each cgroup of the host
  local cgroup
  for cgroup in "${cgroups[@]}"; do
    mkdir -p "$cgroup/$1" && echo "$BASHPID" > "$cgroup/$1/cgroup.procs" || exit 9
  done
}
join keeper

# As many files as a bare machine allows its services, where this machine lets us. Who needs them reads /proc/PID/limits.
ulimit -Hn 1048576 2> /dev/null || true
limit=--rlimit=RLIMIT_NOFILE=1024:$(ulimit -Hn)

# systemd-nspawn ends with 133 when the host asked for a reboot. A cgroup that has children takes no process, so each boot gets a
# new one.
for ((boot = 1; ; boot++)); do
  (join "boot-$boot" && echo "$BASHPID" > "$pid_file" && exec systemd-nspawn "$limit" "$@")
  status=$?
  [ "$status" = 133 ] || exit "$status"
done
