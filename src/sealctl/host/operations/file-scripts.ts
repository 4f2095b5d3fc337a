import { hash } from 'node:crypto';
import { fail } from '@sealctl/core/problem/problem';
import {
  resolveTemplate,
  secretKey,
  secretsOf,
  type SecretValues,
  type SecretTemplate,
} from '@sealctl/core/secret/secret';
import type { HostLayout } from '../layout.ts';
import { escapeColumn, formatManifestEntry } from '../manifest.ts';
import type { Operation, WriteFile } from './operation.ts';
import { shq } from '../quote.ts';
import { assignments, prelude, type Script } from './script-prelude.ts';

type Of<Do extends Operation['do']> = Extract<Operation, { do: Do }>;

/** See `Operation`. Existing directories keep what is in them; mode and owner are set when they differ. */
export function ensureDirectory(operation: Of<'ensure-directory'>, layout: HostLayout): Script {
  const { path, mode, owner = '' } = operation;
  const script = `${prelude(layout)}
${assignments({ path, mode: bareMode(mode), owner })}
if [ -d "$path" ]; then :
elif [ -e "$path" ] || [ -L "$path" ]; then fail foreign-file "$path is no directory"
else
  case $path in "$state"/*) ready_state ;; esac
  parent=\${path%/*}
  [ -z "$parent" ] || directory "$parent" 0755
  guard mkdir -m "$mode" -- "$path"
fi
# A link to a directory is somebody's own arrangement: what it leads to is left as it is.
[ -L "$path" ] && exit 0
set -- $(stat -c '%a %U' -- "$path")
[ "$1" = "$mode" ] || guard chmod "$mode" -- "$path"
[ -z "$owner" ] || [ "$2" = "$owner" ] || guard chown -h -- "$owner:" "$path"
`;
  return { script, stdin: '' };
}

/** See `WriteFile`. */
export function writeFile(operation: WriteFile, layout: HostLayout, secrets: SecretValues): Script {
  const { path, mode, owner = '', entry, replaces } = operation;
  const content = resolvedOrThrow(operation.content, secrets, path);
  const sha256 = hash('sha256', content, 'hex');
  const after = formatManifestEntry({ ...entry, path, sha256 });
  const script = `${prelude(layout)}
${assignments({
  path,
  wanted: sha256,
  expected: 'absent' in replaces ? 'absent' : replaces.sha256,
  mode: bareMode(mode),
  mask: maskOf(mode),
  owner,
  id: escapeColumn(entry.id),
  kind: escapeColumn(entry.kind),
  place: escapeColumn(path),
  note: entry.note === undefined ? '-' : escapeColumn(entry.note),
  after,
})}
present=absent
if [ -L "$path" ]; then fail foreign-file "$path is a symbolic link"
elif [ -f "$path" ]; then digest "$path"; present=$digest
elif [ -e "$path" ]; then fail foreign-file "$path is not a regular file"
fi
case $present in
  "$wanted" | "$expected") ;;
  *) fail changed-since-plan "$path: expected $expected, found $present" ;;
esac
entry_of "$id"
directory "\${path%/*}" 0700
if [ "$present" = "$wanted" ]; then
  set -- $(stat -c '%a %U' -- "$path")
  if [ "$1" = "$mode" ] && { [ -z "$owner" ] || [ "$2" = "$owner" ]; }; then
    [ "$entry" = "$after" ] || amend "$id" "$place" "$after"
    exit 0
  fi
fi
before=-
if [ -n "$entry" ]; then
  column 4 "$entry"
  before=$column
fi
put "$path" "$mask"
digest "$tmp"
[ "$digest" = "$wanted" ] || fail transfer-damaged "$path: $digest arrived instead of $wanted"
[ -z "$owner" ] || guard chown -h -- "$owner:" "$tmp"
# From here to the last line the manifest says that the file may hold either content.
amend "$id" "$place" "$id$tab$kind$tab$place$tab$before$tab$wanted$tab$note"
settle "$path"
amend "$id" "$place" "$after"
`;
  return { script, stdin: content };
}

/** See `Operation`. What the manifest no longer lists has been removed before. */
export function removeFile({ path, entry }: Of<'remove-file'>, layout: HostLayout): Script {
  const script = `${prelude(layout)}
${assignments({
  path,
  id: escapeColumn(entry.id),
  place: escapeColumn(path),
  written: entry.sha256,
  pending: entry.pendingSha256 ?? entry.sha256,
})}
entry_of "$id"
[ -n "$entry" ] || exit 0
column 3 "$entry"
[ "$column" = "$place" ] || fail changed-since-plan "$path: the manifest has another path for it now"
present=absent
if [ -L "$path" ]; then
  present=$(readlink -n -- "$path" | sha256sum)
  present=\${present%% *}
elif [ -f "$path" ]; then digest "$path"; present=$digest
elif [ -e "$path" ]; then fail foreign-file "$path is not a regular file"
fi
case $present in
  absent) ;;
  "$written" | "$pending") guard rm -f -- "$path"; sync -- "\${path%/*}" ;;
  *) fail changed-since-plan "$path: expected $written, found $present" ;;
esac
amend "$id" "" ""
`;
  return { script, stdin: '' };
}

/** See `Operation`. */
export function changeManifest({ record, forget }: Of<'manifest'>, layout: HostLayout): Script {
  const changes = [
    ...forget.map((id) => `amend ${words(escapeColumn(id), '', '')}`),
    ...record.map(
      (entry) =>
        `amend ${words(escapeColumn(entry.id), escapeColumn(entry.path), formatManifestEntry(entry))}`,
    ),
  ];
  return { script: `${prelude(layout)}\n${changes.join('\n')}\n`, stdin: '' };
}

/** A small file of sealctl's own state, such as the hold. */
export function writeState(path: string, content: string, layout: HostLayout): Script {
  return {
    script: `${prelude(layout)}\n${assignments({ path })}ready_state\nput "$path" 077\nsettle "$path"\n`,
    stdin: content,
  };
}

/** Removes a small file of sealctl's own state. */
export function clearState(path: string, layout: HostLayout): Script {
  return { script: `${prelude(layout)}\n${assignments({ path })}guard rm -f -- "$path"\n`, stdin: '' };
}

/** The text with its secrets, or a problem that names the one that is missing. */
export function resolvedOrThrow(text: SecretTemplate, secrets: SecretValues, what: string): string {
  const content = resolveTemplate(text, secrets);
  if (content !== undefined) return content;
  const missing = secretsOf(text).filter((ref) => !secrets.has(secretKey(ref)));
  throw fail({
    code: 'secret-unknown',
    summary: `${what} needs ${missing.map(secretKey).join(', ')}, which has no value`,
    why: 'the source of the secret is empty',
    fix: 'check the source in cluster.yaml; a managed miner has a token once it is initialized',
  });
}

function words(...texts: readonly string[]): string {
  return texts.map(shq).join(' ');
}

/** As `stat -c %a` prints it: without leading zeros. */
function bareMode(mode: string): string {
  return mode.replace(/^0+(?=.)/, '');
}

/** The umask that gives a new file this mode without a later chmod, which could be led astray. */
function maskOf(mode: string): string {
  return (0o777 & ~Number.parseInt(mode, 8)).toString(8).padStart(3, '0');
}
