/** One apply or drain of a host: one line of JSON in the host's history file. */
export interface HistoryLine {
  /** ISO 8601, by the operator's clock. */
  readonly when: string;
  /** `user@machine`. */
  readonly who: string;
  /** `apply`, `drain`. */
  readonly operation: string;
  /** First digits of the digest of the steps. */
  readonly plan: string;
  readonly outcome: 'done' | 'failed' | 'interrupted';
  readonly stepsDone: number;
  readonly steps: number;
  readonly failure?: string;
}

/** $1 history file, $2 line, $3 lines to keep. */
export const appendHistoryScript = `set -eu
umask 077
mkdir -p -- "$(dirname -- "$1")"
{ cat -- "$1" 2>/dev/null || true; printf '%s\\n' "$2"; } | tail -n "$3" > "$1.new"
mv -f -- "$1.new" "$1"
`;

/** $1 history file, $2 lines to show. */
export const readHistoryScript = `tail -n "$2" -- "$1" 2>/dev/null || true
`;

/** The lines of a history file; a line that is none is passed over. */
export function parseHistory(text: string): HistoryLine[] {
  return text.split('\n').flatMap((line) => {
    try {
      const data: unknown = JSON.parse(line);
      return isHistoryLine(data) ? [data] : [];
    } catch {
      return [];
    }
  });
}

function isHistoryLine(data: unknown): data is HistoryLine {
  if (typeof data !== 'object' || data === null) return false;
  const line = data as Record<string, unknown>;
  const texts = ['when', 'who', 'operation', 'plan', 'outcome'];
  return texts.every((key) => typeof line[key] === 'string') && typeof line['steps'] === 'number';
}
