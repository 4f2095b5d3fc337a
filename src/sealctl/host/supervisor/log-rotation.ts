/**
 * Name of the file beside the service directories that holds the limits of every service's log: `max_bytes` and `keep`, one a line. It is
 * read each time a supervisor looks at its log; without it the built-in limits hold.
 */
export const supervisorLogLimits = 'log-limits';

/**
 * Functions of the supervisor's script that bound the size of `$dir/log`. `log_limits` reads the file `$limits`, or sets the built-in limits;
 * `rotate` moves the front of a log that exceeds them to `log.1` while the service goes on to write, and removes the oldest.
 */
export const logRotationFunctions = `log_limits() {
  log_max_bytes=67108864 log_keep=1
  [ -f "$limits" ] || return 0
  while IFS='=' read -r key value; do
    case $value in '' | 0* | *[!0-9]*) continue ;; esac
    case $key in
      max_bytes) log_max_bytes=$value ;;
      keep) log_keep=$value ;;
    esac
  done <"$limits"
}

rotate() {
  log_limits
  for old in "$dir"/log.[1-9]*; do
    case \${old##*.} in *[!0-9]*) continue ;; esac
    [ "\${old##*.}" -le "$log_keep" ] || rm -f "$old"
  done
  size=0
  [ -f "$dir/log" ] && size=$(stat -c %s "$dir/log")
  [ "$size" -gt "$log_max_bytes" ] || return 0
  # The process holds the file open for appending, so its front is copied and cut off, in whole blocks: a line written meanwhile stays.
  block=$(stat -f -c %S "$dir/log")
  case $block in '' | 0* | *[!0-9]*) block=4096 ;; esac
  cut=$(((size - 1) / block * block))
  head -c "$cut" "$dir/log" >"$dir/log.new" || return 0
  old=$log_keep
  while [ "$old" -gt 1 ]; do
    [ -f "$dir/log.$((old - 1))" ] && mv -f "$dir/log.$((old - 1))" "$dir/log.$old"
    old=$((old - 1))
  done
  mv -f "$dir/log.new" "$dir/log.1"
  [ "$cut" -gt 0 ] && fallocate --collapse-range --offset 0 --length "$cut" "$dir/log" 2>/dev/null && return 0
  # A file system that cannot cut off the front: what is written between the two commands is lost.
  cp -f "$dir/log" "$dir/log.1" && : >"$dir/log"
}`;
