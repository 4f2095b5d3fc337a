import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { shq } from '../../src/sealctl/host/quote.ts';
import { mask } from '../../src/core/secret/literal.ts';
import { watchCommandLines, type WatchedCommandLines } from './command-lines.ts';
import { workerService } from './faults.ts';
import { seedSecrets, tellingFiles, tellingFilesHere, tellingLines } from './seeded-secrets.ts';
import { apply, applyRepair } from './plans.ts';
import { giveScript, takeScript } from './script-release.ts';
import type { Fixture } from './fixture.ts';
import type { Testbed } from './testbed.ts';

const hosts = ['miner-1', 'worker-1', 'worker-2'] as const;

/** A program that tells all it knows in every way it can, and fails. */
const tellTale = `echo 'it tells everything'
env | grep -a PLANTED
env | grep -a API_INFO
printf '{"said":"%s"}\\n' "$PLANTED_TOKEN"
printf %s "$PLANTED_WORD" | base64 -w0
echo
exit 1`;

/**
 * The miner's token and two seeded secrets are where they must be, and nowhere else: not in what any command says, keeps or runs, on
 * either side, while every daemon logs all it can. sealctl itself has one level only.
 */
export function keptSecretStories(fixture: Fixture): void {
  describe('secrets', () => {
    let commandLines: WatchedCommandLines;
    let marks: readonly string[];
    afterAll(() => commandLines.stop());

    const expectUntold = (text: string, who: string) => {
      for (const mark of marks) expect(text.includes(mark), `${who} tells a secret`).toBe(false);
    };

    it('an apply gives the workers their secrets', async () => {
      const { testbed } = fixture;
      commandLines = watchCommandLines();
      const seeded = seedSecrets(fixture);
      await apply(testbed);
      const { repos } = testbed.layout('miner-1');
      const token = (await testbed.shell('miner-1', `cat '${repos}/miner/token'`)).trim();
      const signature = token.split('.')[2] ?? '';
      expect(signature).not.toBe('');
      marks = [signature, ...seeded.marks];
      const { environment } = testbed.layout('worker-1');
      const known = await testbed.shell('worker-1', `cat '${environment}'/*.env`);
      for (const mark of marks.slice(0, 3)) expect(known).toContain(mark);
    });

    it('no command prints a secret', async () => {
      fixture.cluster.edit((draft) => {
        draft.defaults = { ...draft.defaults, env: { ...draft.defaults?.env, CHANGED: 'yes' } };
      });
      const commands = [
        ['validate', '--format=json'],
        ['show', 'worker-1'],
        ['show', 'worker-1', '--format=json'],
        ['plan'],
        ['plan', '--format=json'],
        ['plan', '--format=markdown'],
        ['plan', '--out', 'saved.json'],
        ['apply', '--yes', '--format=json'],
        ['status'],
        ['status', '--format=json'],
        ['drain', 'worker-1', '--reason', 'secrets', '--format=json'],
        ['undrain', 'worker-1'],
        ['history'],
        ['history', '--format=json'],
      ];
      for (const words of commands) {
        const { out, err } = await fixture.testbed.sealctl(...words);
        expectUntold(`${out}${err}`, `sealctl ${words.join(' ')}`);
      }
    });

    it('a worker that crashes leaves no core dump with secrets', async () => {
      const { testbed } = fixture;
      const before = await testbed.pid('worker-2', workerService);
      await testbed.shell('worker-2', `kill -ABRT ${before}`);
      const again = async () => {
        const now = await testbed.pid('worker-2', workerService);
        return now !== undefined && now !== before;
      };
      await expect.poll(again, { timeout: 60_000, interval: 250 }).toBe(true);
      const dumps = await testbed.shell('worker-2', `find / -maxdepth 1 -name 'core*' -mmin -5`);
      expect(dumps).toBe('');
    });

    it('secrets on hosts are only in private files in private directories', async () => {
      for (const host of hosts) {
        const found = await tellingFiles(fixture, host, marks);
        expect(found, host).not.toEqual([]);
        for (const line of found) expect(line, host).toMatch(/^600 7[0-7]0 .*(?:\.env|\/token)$/);
      }
    });

    it('secrets are in no log, even at the most verbose level', async () => {
      const { testbed } = fixture;
      await provokeMiner(fixture);
      for (const host of hosts) {
        const { services } = testbed.layout(host);
        const log =
          testbed.services === 'systemd' ? 'journalctl -q --no-pager -o export' : `cat '${services}'/*/log`;
        expect(await tellingLines(fixture, host, log, ['"level":"debug"']), host).not.toEqual([]);
        expect(await tellingLines(fixture, host, log, marks), host).toEqual([]);
      }
    });

    it('the error of a failing program does not show a secret', async () => {
      const { testbed } = fixture;
      giveScript(fixture, 'tell-tale', tellTale, ['worker-2']);
      for (const format of ['text', 'json']) {
        const told = await failureOf(testbed, format, 'it tells everything');
        expect(told).toContain(`PLANTED_WORD=${mask}`);
        expect(told).toContain(`MINER_API_INFO=${mask}`);
        expectUntold(told, 'a failed apply');
      }
      const history = await testbed.sealctl('history', '--format=json');
      expect(history.out).toContain('it tells everything');
      expectUntold(history.out, 'the history');
      const { state } = testbed.layout('worker-2');
      expectUntold(await testbed.shell('worker-2', `cat '${state}/history'`), 'the history of the host');
      takeScript(fixture, ['worker-2']);
      await applyRepair(testbed);
    });

    it('sealctl leaves no secret in a file on its own machine', async () => {
      const journals = join(fixture.testbed.workspace, 'state/sealctl/demo');
      const written = readdirSync(journals).map((name) => readFileSync(join(journals, name), 'utf8'));
      expect(written.join('')).toContain(`PLANTED_WORD=${mask}`);
      expect(await tellingFilesHere(fixture, marks)).toEqual([]);
    });

    it('no command line contained a secret, on any machine', async () => {
      for (const host of hosts) {
        const control = `seen-on-${host}`;
        await fixture.testbed.shell(host, 'set -- "$(cat)"; sh -c "sleep 1; :" "$1"', control);
        expect(commandLines.met().filter((line) => line.includes(control))).not.toEqual([]);
      }
      commandLines.stop();
      const telling = commandLines.met().filter((line) => marks.some((mark) => line.includes(mark)));
      expect(telling).toEqual([]);
    });
  });
}

/** Makes the miner log its token: a call is refused because of what it says, and what it says is in the reason. */
async function provokeMiner({ testbed }: Fixture): Promise<void> {
  const repo = `${testbed.layout('miner-1').repos}/miner`;
  const token = (await testbed.shell('miner-1', `cat '${repo}/token'`)).trim();
  const body = JSON.stringify({ id: 1, method: 'Filecoin.SectorsUpdate', params: [0, token] });
  const request = [
    'POST /rpc/v0 HTTP/1.1',
    'Host: miner',
    'Connection: close',
    `Authorization: Bearer ${token}`,
    `Content-Length: ${body.length}`,
    '',
    body,
  ];
  const talk = `IFS=/ read -r _ _ address _ port _ <"$1"; exec 3<>"/dev/tcp/$address/$port"; cat >&3; cat <&3`;
  const answer = await testbed.shell(
    'miner-1',
    `bash -c ${shq(talk)} bash '${repo}/api'`,
    request.join('\r\n'),
  );
  expect(answer).toContain('unknown state');
}

/** What an apply says that fails with these words. While the program lives for a moment in its restart loop, another failure comes first. */
async function failureOf(testbed: Testbed, format: string, words: string): Promise<string> {
  let told = '';
  await expect
    .poll(
      async () => {
        const { code, out, err } = await testbed.sealctl('apply', '--yes', `--format=${format}`);
        expect(code).toBe(1);
        told = `${out}${err}`;
        return told;
      },
      { timeout: 90_000, interval: 250 },
    )
    .toContain(words);
  return told;
}

/** On hosts with root: what others who may log in there can find out. */
export function unreadableSecretStories(fixture: Fixture): void {
  describe('secrets on a host', () => {
    it('another user of a host can read no secret, in files or environments of processes', async () => {
      const { testbed } = fixture;
      const { environment, repos } = testbed.layout('worker-1');
      const stranger = 'setpriv --reuid nobody --regid nogroup --clear-groups';
      const places = [`cat /proc/[0-9]*/environ`, `grep -rh '' '${environment}' '${repos}'`];
      for (const place of places) {
        const read = (as: string) =>
          tellingLines(fixture, 'worker-1', `${as} sh -c ${shq(place)}`, [
            'MINER_API_INFO',
            'eyJ',
            'seeded-',
          ]);
        expect(await read(''), place).not.toEqual([]);
        expect(await read(stranger), place).toEqual([]);
      }
    });
  });
}
