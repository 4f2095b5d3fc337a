/** The holder of the cluster lock: one line of JSON in the lock file on the miner's host. The file's mtime is its heartbeat. */
export interface ClusterLock {
  /** Random identity of the holder. */
  readonly id: string;
  /** `user@machine`. */
  readonly who: string;
  /** `apply`, `drain worker-3`. */
  readonly operation: string;
  /** ISO 8601, by the holder's clock. */
  readonly since: string;
}

export type LockAnswer =
  | { readonly answer: 'acquired' }
  /** The holder has given no sign of life for longer than the limit; the lock is now ours. */
  | { readonly answer: 'taken-over'; readonly from: ClusterLock | undefined; readonly silentS: number }
  | { readonly answer: 'refused'; readonly by: ClusterLock | undefined; readonly silentS: number };

export type RefreshAnswer =
  | { readonly answer: 'kept' }
  /** The present holder; absent when the lock is free. */
  | { readonly answer: 'lost'; readonly to: ClusterLock | undefined };

/**
 * $1 lock file, $2 our line, $3 seconds of silence after which a lock is stale, $4 `force` to break it. Both the age and the present
 * come from the host's own clock, so an operator's wrong clock does no harm; the mutex keeps two of us from taking over at once.
 */
export const acquireLockScript = `set -eu
umask 077
mkdir -p -- "$(dirname -- "$1")"
exec 9>"$1.mutex"
flock -w 20 9
answer=acquired silent=0 before=
if [ -e "$1" ]; then
  before=$(cat -- "$1")
  silent=$(( $(date +%s) - $(stat -c %Y -- "$1") ))
  # The clock was set back since the last sign of life: the silence counts from now on.
  if [ "$silent" -lt 0 ]; then touch -- "$1"; silent=0; fi
  if [ "$silent" -lt "$3" ] && [ "$4" != force ]; then
    printf 'refused %s %s\\n' "$silent" "$before"
    exit 0
  fi
  answer=taken-over
fi
printf '%s\\n' "$2" > "$1.new"
mv -f -- "$1.new" "$1"
printf '%s %s %s\\n' "$answer" "$silent" "$before"
`;

/** $1 lock file, $2 our id. Prints \`kept\`, or \`lost\` and the line of whoever has the lock instead. */
export const refreshLockScript = `set -eu
holder=$(cat -- "$1" 2>/dev/null || :)
case $holder in
*"\\"id\\":\\"$2\\""*) touch -- "$1" && echo kept ;;
*) printf 'lost %s\\n' "$holder" ;;
esac
`;

/** $1 lock file, $2 our id. Leaves another's lock alone. */
export const releaseLockScript = `set -eu
exec 9>"$1.mutex"
flock -w 20 9
case $(cat -- "$1" 2>/dev/null) in
*"\\"id\\":\\"$2\\""*) rm -f -- "$1" ;;
esac
`;

/** Reads what the acquire script printed. */
export function parseLockAnswer(text: string): LockAnswer {
  const match = /^(?<answer>acquired|taken-over|refused) (?<silent>-?\d+)(?: (?<holder>.*))?$/.exec(
    text.trim(),
  );
  const silentS = Number(match?.groups?.['silent'] ?? 0);
  const holder = parseLock(match?.groups?.['holder'] ?? '');
  switch (match?.groups?.['answer']) {
    case 'refused':
      return { answer: 'refused', by: holder, silentS };
    case 'taken-over':
      return { answer: 'taken-over', from: holder, silentS };
    case 'acquired':
      return { answer: 'acquired' };
    default:
      return text.trim() === 'acquired 0'
        ? { answer: 'acquired' }
        : { answer: 'refused', by: undefined, silentS: 0 };
  }
}

/** Reads what the refresh script printed; undefined when that is neither of its answers. */
export function parseRefreshAnswer(text: string): RefreshAnswer | undefined {
  if (text.trim() === 'kept') return { answer: 'kept' };
  const match = /^lost(?: (?<holder>.*))?$/.exec(text.trim());
  return match === null ? undefined : { answer: 'lost', to: parseLock(match.groups?.['holder'] ?? '') };
}

/** The line of a lock file. */
export function formatLock(lock: ClusterLock): string {
  return JSON.stringify({ id: lock.id, who: lock.who, operation: lock.operation, since: lock.since });
}

/** A lock line; undefined when it is none, such as one that a full disk cut short. */
export function parseLock(line: string): ClusterLock | undefined {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof data !== 'object' || data === null) return undefined;
  const { id, who, operation, since } = data as Record<string, unknown>;
  const texts = [id, who, operation, since];
  if (!texts.every((text) => typeof text === 'string')) return undefined;
  return { id: String(id), who: String(who), operation: String(operation), since: String(since) };
}
