import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSealBench, succeed } from './run-seal-bench.ts';

// The help text of lotus-bench has this example: a 2 KiB sector of zeros with a zero ticket.
const zeroPiece = 'baga6ea4seaqpy7usqklokfx2vxuynmupslkeutzexe2uqurdg5vhtebhxqmpqmy';
const publishedCommR = 'bagboea4b5abcbrshxgmmpaucffwp2elaofbcrvb7hmcu3653o4lsw2arlor4hn3c';
const zeroTicket = ['--sector-size', '2K', '--ticket', '0'.repeat(64)];
const timing = (title: string) =>
  new RegExp(`^${title} [\\d.hm]*[\\d.]+(µs|ms|s) \\([\\d.]+ [KMG]?i?B/s\\)$`);

let directory = '';
const at = (name: string): string => join(directory, name);
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seal-bench-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Seals `unsealed` into NAME and NAME-cache with the given flags; the two CIDs of the second phase. */
async function seal(name: string, flags: readonly string[], unsealed: string) {
  const phase1 = await succeed(
    'simple',
    'precommit1',
    ...flags,
    '--parent-cache',
    at('parents'),
    unsealed,
    at(name),
    at(`${name}-cache`),
  );
  const phase2 = await succeed(
    'simple',
    'precommit2',
    ...flags,
    at(name),
    at(`${name}-cache`),
    phase1[1] ?? '',
  );
  const [, commD = '', commR = ''] = /^d:(\S+) r:(\S+)$/.exec(phase2[1] ?? '') ?? [];
  return { commD, commR, phase1Output: phase1[1] ?? '', lines: [phase1[0], phase2[0]] };
}

describe('seal-bench simple', () => {
  it('seals the published 2 KiB example to the published CIDs', async () => {
    const piece = await succeed('simple', 'addpiece', ...zeroTicket, '/dev/zero', at('zeros'));
    expect(piece[0]).toMatch(timing('AddPiece'));
    expect(piece[1]).toBe(`${zeroPiece} 2048`);

    const phase1 = await succeed(
      'simple',
      'precommit1',
      ...zeroTicket,
      `--parent-cache=${at('parents')}`,
      at('zeros'),
      at('sealed'),
      at('cache'),
      zeroPiece,
      '2048',
    );
    expect(phase1[0]).toMatch(timing('PreCommit1'));
    const phase2 = await succeed(
      'simple',
      'precommit2',
      ...zeroTicket,
      at('sealed'),
      at('cache'),
      phase1[1] ?? '',
    );
    expect(phase2[0]).toMatch(timing('PreCommit2'));
    expect(phase2[1]).toBe(`d:${zeroPiece} r:${publishedCommR}`);
  });

  it('adds a piece only from another file than it writes, and leaves what was there until it is complete', async () => {
    const data = randomBytes(2032);
    await writeFile(at('own-data'), data);
    const add = (from: string, to: string) =>
      runSealBench(['simple', 'addpiece', '--sector-size', '2K', at(from), at(to)]);
    const same = await add('own-data', 'own-data');
    expect(same.code).not.toBe(0);
    expect(same.err).toContain('choose another output file');
    await writeFile(at('kept'), 'an earlier piece');
    expect((await add('missing', 'kept')).code).not.toBe(0);
    expect(readFileSync(at('own-data')).equals(data)).toBe(true);
    expect(readFileSync(at('kept'), 'utf8')).toBe('an earlier piece');
    expect((await add('own-data', 'kept')).code).toBe(0);
    expect(readFileSync(at('kept'))).toHaveLength(2048);
  });

  it.each([
    ['interactive', []],
    ['synthetic', ['--synthetic']],
    ['non-interactive', ['--non-interactive']],
    ['V1', ['--proof-type', '0']],
  ])('seals, proves and unseals data, %s', async (name, variant) => {
    const flags = [
      ...(name === 'V1' ? [] : ['--sector-size', '2KiB']),
      ...variant,
      '--sector',
      '77',
      '--miner-addr',
      't01234',
    ];
    const data = randomBytes(2032);
    await writeFile(at(`${name}-data`), data);
    await succeed('simple', 'addpiece', '--sector-size=2k', at(`${name}-data`), at(`${name}-unsealed`));
    const { commD, commR } = await seal(name, flags, at(`${name}-unsealed`));

    const c1 = at(`${name}-c1.json`);
    const proven = await succeed(
      'simple',
      'commit1',
      ...flags,
      at(name),
      at(`${name}-cache`),
      commD,
      commR,
      c1,
    );
    expect(proven[0]).toMatch(timing('Commit1'));
    expect(JSON.parse(readFileSync(c1, 'utf8'))).toMatchObject({ SectorNum: 77, SectorSize: 2048 });

    const verified = await succeed('simple', 'commit2', '--miner-addr', 't01234', c1);
    expect(verified[0]).toMatch(timing('Commit2:'));
    expect(verified[1]).toMatch(/^vanilla proof: verified in full.*no SNARK was made/);
    expect(verified.join('\n')).not.toMatch(/^proof:/m);

    for (const wrong of [
      ['--miner-addr', 't01235'],
      ['--miner-addr', 't01234', '--sector', '78'],
      ['--miner-addr', 't01234', '--seed', '02'.repeat(32)],
    ]) {
      const refused = await runSealBench(['simple', 'commit2', ...wrong, c1]);
      expect(refused.code).toBe(1);
      expect(refused.err).toMatch(/another/);
    }

    const read = at(`${name}-read`);
    const range = ['--offset', '100', '--size', '1000'];
    const unsealing = [...flags, '--parent-cache', at('parents')];
    await succeed('simple', 'unseal', ...unsealing, ...range, at(name), at(`${name}-cache`), commD, read);
    expect(readFileSync(read)).toEqual(data.subarray(100, 1100));
    await rm(at(`${name}-cache`), { recursive: true });
    await succeed('simple', 'unseal', ...unsealing, at(name), at(`${name}-cache`), commD, read);
    expect(readFileSync(read)).toEqual(data);
    expect((await readdir(directory)).filter((file) => file.endsWith('.layers'))).toEqual([]);
  });

  it('updates a sector, proves the update, and says that no SNARK was made', async () => {
    const flags = ['--sector-size', '2K'];
    await succeed('simple', 'addpiece', ...flags, '/dev/zero', at('key-zeros'));
    const { commR } = await seal('key', flags, at('key-zeros'));
    await writeFile(at('fresh'), randomBytes(2032));
    const [, piece = ''] = await succeed('simple', 'addpiece', ...flags, at('fresh'), at('fresh-unsealed'));
    const [pieceCid = '', pieceSize = ''] = piece.split(' ');

    const files = [at('key'), at('key-cache')];
    const encoded = await succeed(
      'simple',
      'replicaupdate',
      ...flags,
      ...files,
      at('fresh-unsealed'),
      at('update'),
      at('update-cache'),
      pieceCid,
      pieceSize,
    );
    expect(encoded[0]).toMatch(timing('ReplicaUpdate'));
    const [, newCommD = '', newCommR = ''] = /^d:(\S+) r:(\S+)$/.exec(encoded[1] ?? '') ?? [];
    expect(newCommD).toBe(pieceCid);

    const commitments = [commR, newCommR, newCommD];
    const proofs = at('vproofs.json');
    const first = await succeed(
      'simple',
      'provereplicaupdate1',
      ...flags,
      ...files,
      at('update'),
      at('update-cache'),
      ...commitments,
      proofs,
    );
    expect(first[0]).toMatch(timing('ProveReplicaUpdate1'));
    expect(JSON.parse(readFileSync(proofs, 'utf8'))).toHaveLength(1);
    const second = await succeed('simple', 'provereplicaupdate2', ...flags, ...commitments, proofs);
    expect(second[1]).toMatch(/^vanilla proof: verified in full.*no SNARK was made/);

    const swapped = await runSealBench([
      'simple',
      'provereplicaupdate2',
      ...flags,
      newCommR,
      commR,
      newCommD,
      proofs,
    ]);
    expect(swapped.code).toBe(1);
  });

  it('hands the vanilla proof to an external prover and prints what that made', async () => {
    const flags = ['--sector-size', '2K'];
    await succeed('simple', 'addpiece', ...flags, '/dev/zero', at('p-zeros'));
    const { commD, commR } = await seal('p', flags, at('p-zeros'));
    const c1 = at('p-c1.json');
    await succeed('simple', 'commit1', ...flags, at('p'), at('p-cache'), commD, commR, c1);
    const prover =
      '/bin/grep -q Phase1Out "$EXTSEAL_C2_INPUT" && /usr/bin/head -c 192 /dev/zero > "$EXTSEAL_C2_PROOF"';
    const proven = await succeed('simple', 'commit2', '--external-c2', prover, c1);
    expect(proven[1]).toBe(`proof: ${'00'.repeat(192)}`);
    const failing = await runSealBench(['simple', 'commit2', '--external-c2', 'exit 4', c1]);
    expect(failing.code).toBe(1);
    expect(failing.err).toMatch(/exit code 4/);
  });

  it('fails with a reason, and leaves no file that looks complete', async () => {
    await writeFile(at('short'), randomBytes(100));
    const short = await runSealBench(['simple', 'addpiece', '--sector-size', '2K', at('short'), at('never')]);
    expect(short).toMatchObject({ code: 1, out: '' });
    expect(short.err).toMatch(/short/);
    expect(existsSync(at('never'))).toBe(false);

    await succeed('simple', 'addpiece', '--sector-size', '2K', '/dev/zero', at('some'));
    const otherPiece = 'baga6ea4seaqgsl55xrzodktendugugb62pp4fvb3rllpwzrzceewnmwwg4pvigi';
    const flags = ['--sector-size', '2K', '--parent-cache', at('parents')];
    const words = ['simple', 'precommit1', ...flags, at('some'), at('other'), at('other-cache')];
    const mismatch = await runSealBench([...words, otherPiece, '2048']);
    expect(mismatch.code).toBe(1);
    expect(mismatch.err).toMatch(/CommD/);
    const half = await runSealBench([...words, otherPiece]);
    expect(half.err).toMatch(/PADDED-SIZE/);
  });

  it.each([
    [['--sector-size', '3KiB'], /sectors of 3072 bytes do not exist/],
    [['--sector-size', 'big'], /is not a size/],
    [['--ticket', 'xyz'], /64 hexadecimal digits/],
    [['--miner-addr', 't2abc'], /is not an ID address/],
    [['--proof-type', '20'], /unknown registered seal proof 20/],
    [['--proof-type', '5', '--sector-size', '8MiB'], /does not match --sector-size 8MiB/],
    [['--proof-type', '5', '--synthetic'], /not synthetic/],
    [['--synthetic', '--non-interactive'], /exclude each other/],
    [['--sector', '-1'], /whole number/],
  ])('refuses %j', async (flags, message) => {
    const { code, err } = await runSealBench(['simple', 'precommit1', ...flags, 'a', 'b', 'c']);
    expect(code).toBe(1);
    expect(err).toMatch(message);
  });

  it('tells every command’s arguments and an example', async () => {
    for (const command of [
      'addpiece',
      'precommit1',
      'precommit2',
      'commit1',
      'commit2',
      'replicaupdate',
      'provereplicaupdate1',
      'provereplicaupdate2',
      'unseal',
    ]) {
      const { code, out } = await runSealBench(['simple', command, '--help']);
      expect(code).toBe(0);
      expect(out).toMatch(/EXAMPLES:\n {3}seal-bench simple/);
    }
  });
});
