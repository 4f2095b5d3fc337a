import { valueRange, type Loading } from './loading.ts';

/** Flags of `run` that sealctl writes itself, and the key that stands for them. */
const managed: Readonly<Record<string, string>> = {
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
};

/**
 * Reports words for `run` that would not do what they say. Lotus's flag parser stops at the first word that is no flag, so a value
 * apart from its flag silently switches off all that follow.
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
    } else if (managed[flag] !== undefined) {
      loading.report.add({
        code: 'managed-argument',
        summary: `--${flag} is written by sealctl`,
        range,
        why: `its value comes from "${managed[flag]}"`,
        fix: `take it out and set "${managed[flag]}"`,
      });
    }
  }
}
