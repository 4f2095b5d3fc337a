import { valueRange, type Loading } from './loading.ts';

/** Flags of `run` that sealctl writes itself, each with its key in cluster.yaml. */
const managed: ReadonlyMap<string, string> = new Map(
  Object.entries({
    listen: 'listen',
    address: 'listen',
    name: 'label',
    'worker-repo': 'repo',
    'no-default': 'tasks',
    'no-local-storage': 'storage',
    addpiece: 'tasks',
    precommit1: 'tasks',
    precommit2: 'tasks',
    unseal: 'tasks',
    commit: 'tasks',
    'replica-update': 'tasks',
    'prove-replica-update2': 'tasks',
    'regen-sector-key': 'tasks',
    'sector-download': 'tasks',
    'data-cid': 'tasks',
    windowpost: 'tasks',
    winningpost: 'tasks',
  }),
);

/**
 * Reports arguments of `run` that would have no effect. Lotus's flag parser stops at the first word that is not a flag, so a value that is
 * separate from its flag silently disables all flags after it.
 */
export function checkArgs(loading: Loading, args: readonly (string | undefined)[]): void {
  for (const [index, word] of args.entries()) {
    if (word === undefined) continue;
    const flag = /^--?(?<name>[a-z][a-z0-9-]*)(?:=|$)/.exec(word)?.groups?.['name'];
    const range = valueRange(loading, args, index);
    if (flag === undefined) {
      loading.report.add({
        code: 'bad-argument',
        summary: `"${word}" is not a flag`,
        range,
        why: 'Lotus stops reading flags at the first word that is not a flag, and ignores the rest',
        fix: 'write a flag and its value as one word, such as --parallel-fetch-limit=8',
      });
    } else if (managed.has(flag)) {
      loading.report.add({
        code: 'managed-argument',
        summary: `--${flag} is written by sealctl`,
        range,
        why: `its value comes from "${managed.get(flag)}"`,
        fix: `take it out and set "${managed.get(flag)}"`,
      });
    }
  }
}
