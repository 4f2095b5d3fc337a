import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { fleetsFolder } from '../fleet/places.ts';
import type { Fixture } from './fixture.ts';

/** Secrets that no program has ever seen before, which the workers' environment refers to. */
export interface SeededSecrets {
  /** What distinguishes each from any other text, whole or in base64. */
  readonly marks: readonly string[];
}

/** Where they lie, in the workspace. */
const directory = 'seeded';

/** A token given by a command as PLANTED_TOKEN, and a password full of quotes given by a file as PLANTED_WORD. */
export function seedSecrets({ testbed, cluster }: Fixture): SeededSecrets {
  const signature = `seeded-${randomBytes(24).toString('base64url')}`;
  const token = ['{"alg":"HS256"}', '{"Allow":["admin"]}'].map((part) =>
    Buffer.from(part).toString('base64url'),
  );
  const core = `seeded-${randomBytes(12).toString('hex')}`;
  const word = `pa"ss$(w)\`o\\r'd ${core} ü`;
  mkdirSync(join(testbed.workspace, directory), { mode: 0o700 });
  const write = (name: string, text: string) =>
    writeFileSync(join(testbed.workspace, directory, name), `${text}\n`, { mode: 0o600 });
  write('token', [...token, signature].join('.'));
  write('word', word);
  cluster.edit((draft) => {
    draft.defaults = {
      ...draft.defaults,
      env: {
        ...draft.defaults?.env,
        GOLOG_LOG_LEVEL: 'debug',
        PLANTED_TOKEN: { command: ['cat', `${directory}/token`] },
        PLANTED_WORD: { file: `${directory}/word` },
      },
    };
    draft.miner = { ...draft.miner, env: { ...draft.miner.env, GOLOG_LOG_LEVEL: 'debug' } };
  });
  return { marks: [signature, core, Buffer.from(word).toString('base64').slice(0, 40)] };
}

/** A script's beginning: writes its input, the marks, to the file `$marks`, which is gone when it ends and in no search. */
const withMarks = `umask 077
marks=$(mktemp)
trap 'rm -f "$marks"' EXIT
cat >"$marks"
`;

/** Files on a host with one of the marks, as `MODE MODE-OF-DIRECTORY PATH`. */
export async function tellingFiles(
  { testbed }: Fixture,
  host: string,
  marks: readonly string[],
): Promise<string[]> {
  const { state, environment, services, repos } = testbed.layout(host);
  const places =
    testbed.services === 'systemd'
      ? '/etc /home /root /run /srv /tmp /var'
      : `'${testbed.host(host).data}' '${state}' '${environment}' '${services}' '${repos}'`;
  const found = await testbed.shell(
    host,
    `${withMarks}grep -rlasF -D skip --exclude="\${marks##*/}" -f "$marks" ${places} | sort -u | while read -r file; do
      echo "$(stat -c %a "$file") $(stat -c %a "\${file%/*}") $file"
    done`,
    `${marks.join('\n')}\n`,
  );
  return found.split('\n').filter((line) => line !== '');
}

/** Lines of what a command on a host writes that have one of the marks. */
export async function tellingLines(
  { testbed }: Fixture,
  host: string,
  command: string,
  marks: readonly string[],
): Promise<string[]> {
  const script = `${withMarks}${command} 2>/dev/null | tr '\\0' '\\n' | grep -aF -f "$marks" || :`;
  const found = await testbed.shell(host, script, `${marks.join('\n')}\n`);
  return found.split('\n').filter((line) => line !== '');
}

/**
 * Files on this machine with one of the marks: all that sealctl keeps for its user, and all that anybody wrote where programs leave
 * things, since the cluster was begun. What hosts hold that this machine plays is looked through by `tellingFiles`.
 */
export async function tellingFilesHere({ testbed }: Fixture, marks: readonly string[]): Promise<string[]> {
  const home = testbed.workspace;
  const file = join(home, directory, 'marks');
  writeFileSync(file, `${marks.join('\n')}\n`, { mode: 0o600 });
  const ours = ['grep', '-rlasF', '-D', 'skip', '--exclude-dir', directory, '-f', file, home];
  const elsewhere = `find / -maxdepth 1 -type f -newer "$1" -exec grep -lasF -f "$2" {} +
find /tmp /var/tmp /var/log /dev/shm -xdev \\( -path "$3" -o -path "$4" -o -name node_modules -o -name .git \\) -prune -o \\
  -type f -newer "$1" -exec grep -lasF -f "$2" {} +`;
  const { stdout: below } = await execa(ours[0] ?? '', ours.slice(1), { reject: false });
  const stamp = join(home, directory, 'word');
  const { stdout: others } = await execa(
    'sh',
    ['-c', elsewhere, 'sh', stamp, file, join(home, '..'), fleetsFolder],
    {
      reject: false,
    },
  );
  return `${below}\n${others}`.split('\n').filter((line) => line !== '');
}
