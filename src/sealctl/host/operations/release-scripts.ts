import { hash } from 'node:crypto';
import type { HostLayout } from '../layout.ts';
import { escapeColumn, formatManifestEntry } from '../manifest.ts';
import type { Operation } from './operation.ts';
import { assignments, prelude, type Script } from './script-prelude.ts';

type Of<Do extends Operation['do']> = Extract<Operation, { do: Do }>;

/** Digest of what a link points at, as the manifest records it. */
export function linkDigest(target: string): string {
  return hash('sha256', target, 'hex');
}

/**
 * See `Operation`. A program that is linked to is read once more and compared with the digest in its path; what was found is noted
 * beside it with inode, size and times, so that a probe need not read it again while these stay (`probe-script.ts`).
 */
export function link(operation: Of<'link'>, layout: HostLayout): Script {
  const { path, target, entry } = operation;
  const after = { ...entry, path, sha256: linkDigest(target) };
  const script = `${prelude(layout)}
${assignments({
  path,
  target,
  sha: /\/(?<sha>[0-9a-f]{64})\/[^/]+$/.exec(target)?.groups?.['sha'] ?? '',
  id: escapeColumn(entry.id),
  place: escapeColumn(path),
  pending: formatManifestEntry({ ...after, pendingSha256: after.sha256 }),
  after: formatManifestEntry(after),
})}
[ -f "$target" ] || fail program-missing "$target"
if [ -n "$sha" ]; then
  digest "$target"
  [ "$digest" = "$sha" ] || fail program-damaged "$target has the digest $digest"
  known=$(stat -c '%i %s %.9Y %.9Z' -- "$target")
  printf '%s %s\\n' "$known" "$digest" | { put "$target.digest" 022 && settle "$target.digest"; } || exit $?
fi
if [ -e "$path" ] || [ -L "$path" ]; then
  [ -L "$path" ] || fail foreign-file "$path is no symbolic link"
  if [ "$(readlink -n -- "$path"; echo x)" = "\${target}x" ]; then
    entry_of "$id"
    [ "$entry" = "$after" ] || amend "$id" "$place" "$after"
    exit 0
  fi
fi
directory "\${path%/*}" 0755
amend "$id" "$place" "$pending"
tmp="\${path%/*}/.sealctl-new.\${path##*/}"
guard rm -rf -- "$tmp"
guard ln -s -- "$target" "$tmp"
settle "$path"
amend "$id" "$place" "$after"
`;
  return { script, stdin: '' };
}

/** See `Operation`. */
export function removeRelease({ sha256 }: Of<'remove-release'>, layout: HostLayout): Script {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new RangeError(`${sha256} is no digest of a release`);
  const script = `${prelude(layout)}
${assignments({ sha: sha256 })}
[ -d "$releases/$sha" ] || exit 0
running=$(readlink -- /proc/[0-9]*/exe 2>/dev/null)
case $running in *"$releases/$sha/"*) fail release-in-use "$releases/$sha" ;; esac
guard rm -rf -- "$releases/$sha"
`;
  return { script, stdin: '' };
}
