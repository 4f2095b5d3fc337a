/**
 * Functions of the supervisor's script that recognize a process and keep `$dir/status`. `start_of` and `alive` compare a PID with its start
 * time and the boot in `$boot`; `read_status` and `write_status` carry the variables of the status between the file and the script.
 */
export const processStatusFunctions = `# Ticks since boot at which a process started; empty when there is none. The name in /proc/PID/stat may hold anything but ends at the
# last parenthesis.
start_of() {
  stat=
  started=
  { stat=$(cat "/proc/$1/stat"); } 2>/dev/null || return 0
  set -- \${stat##*) }
  started=\${20:-}
}

# Whether PID $1, started at $2 in boot $3, still lives and is no zombie.
alive() {
  case $1 in '' | *[!0-9]*) return 1 ;; esac
  [ "$3" = "$boot" ] || return 1
  start_of "$1"
  [ -n "$started" ] && [ "$started" = "$2" ] || return 1
  case \${stat##*) } in Z*) return 1 ;; esac
}

read_status() {
  state=inactive process= process_started= process_boot= supervisor= supervisor_started= restarts=0 result=none
  [ -f "$dir/status" ] || return 0
  while IFS='=' read -r key value; do
    case $key in
      state) state=$value ;;
      process) process=$value ;;
      process_started) process_started=$value ;;
      boot) process_boot=$value ;;
      supervisor) supervisor=$value ;;
      supervisor_started) supervisor_started=$value ;;
      restarts) restarts=$value ;;
      result) result=$value ;;
    esac
  done <"$dir/status"
}

write_status() {
  state=$1
  printf '%s\\n' "state=$state" "process=$process" "process_started=$process_started" "boot=$boot" \\
    "supervisor=$supervisor" "supervisor_started=$supervisor_started" "restarts=$restarts" "result=$result" \\
    >"$dir/status.new" && mv -f "$dir/status.new" "$dir/status"
}`;
