/**
 * The rollback of a canary: what an apply is about to replace on a host is copied aside, with the manifest, and put back when the
 * new state does not prove healthy. The copies hold secrets: they lie in a directory that only sealctl's account may enter.
 */

/** $1 directory of the copies, $2 manifest, further arguments: paths that will be replaced. */
export const snapshotScript = `set -eu
umask 077
kept="$1"
rm -rf -- "$kept.new"
mkdir -p -- "$kept.new"
n=0
for path in "$@"; do
  n=$((n + 1))
  [ "$n" = 1 ] && continue
  if [ -e "$path" ] || [ -L "$path" ]; then cp -a -- "$path" "$kept.new/$n.copy"; fi
done
sync
rm -rf -- "$kept"
mv -- "$kept.new" "$kept"
`;

/** The same arguments. A path that did not exist is removed again; directories are left. */
export const rollBackScript = `set -eu
umask 077
kept="$1"
n=0
for path in "$@"; do
  n=$((n + 1))
  [ "$n" = 1 ] && continue
  if [ -e "$kept/$n.copy" ] || [ -L "$kept/$n.copy" ]; then
    rm -rf -- "$path.sealctl-rollback"
    cp -a -- "$kept/$n.copy" "$path.sealctl-rollback"
    mv -fT -- "$path.sealctl-rollback" "$path"
  elif [ ! -d "$path" ]; then
    rm -f -- "$path"
  fi
done
sync
`;
