import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runExternalProgram } from '../../../src/daemons/proofs/external-program.ts';
import { parseExternalPrecommit2Env } from '../../../src/daemons/proofs/external-precommit2.ts';
import {
  externalProverEnv,
  runExternalProver,
  type ProverRequest,
} from '../../../src/daemons/proofs/external-prover.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'external-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const c2: ProverRequest = {
  step: 'C2',
  sectorNumber: 7,
  actorId: 1000,
  sectorBytes: 2048,
  proofType: 5,
  partitions: 1,
  aggregated: false,
  input: '{"SectorNum":7}',
};

/** False also for a process that has ended and was not yet reaped by whoever inherited it. */
function runs(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'));
}

describe('an external program', () => {
  it('gets the given variables and nothing else, not even PATH', async () => {
    const lines: string[] = [];
    await runExternalProgram({ command: '/usr/bin/env', env: { ONE: '1' }, step: 'test' }, (line) => {
      lines.push(line);
    });
    // The shell itself sets these three.
    const given = lines.filter((line) => !/^(PWD|SHLVL|_)=/.test(line));
    expect(given).toEqual(['ONE=1']);
  });

  it('that fails is told with its exit code and what it printed', async () => {
    await expect(
      runExternalProgram({ command: 'echo out; echo err >&2; exit 3', env: {}, step: 'test' }),
    ).rejects.toMatchObject({
      problems: [
        {
          code: 'external-program',
          summary: expect.stringContaining('exit code 3'),
          why: expect.stringMatching(/err/),
        },
      ],
    });
  });

  it('may print without ever ending its line', async () => {
    const lines: string[] = [];
    await runExternalProgram(
      { command: '/usr/bin/head -c 100000 /dev/zero | /usr/bin/tr "\\0" x', env: {}, step: 'test' },
      (line) => {
        lines.push(line);
      },
    );
    expect(lines.join('')).toBe('x'.repeat(100_000));
    expect(lines.length).toBeGreaterThan(1);
  });

  it('ends soon when it is aborted, with everything that it started', async () => {
    const controller = new AbortController();
    const pidFile = join(directory, 'pid');
    const running = runExternalProgram(
      {
        command: `trap '' TERM; /bin/sleep 60 & echo $! > ${pidFile}; echo started; wait; wait`,
        env: {},
        step: 'test',
        signal: controller.signal,
      },
      () => controller.abort(),
    );
    const before = performance.now();
    await expect(running).rejects.toThrow(/abort/i);
    expect(performance.now() - before).toBeLessThan(20_000);
    const pid = Number(await readFile(pidFile, 'utf8'));
    await expect.poll(() => runs(pid), { timeout: 30_000 }).toBe(false);
  });
});

describe('an external prover', () => {
  it('reads its input, writes its proof, and leaves no files behind', async () => {
    const seen = join(directory, 'seen');
    const proof = await runExternalProver(
      `echo "$EXTSEAL_C2_INPUT" > ${seen}; read -r line < "$EXTSEAL_C2_INPUT" || true; [ "$line" = '{"SectorNum":7}' ] || exit 9
       i=0; while [ $i -lt 192 ]; do printf x; i=$((i + 1)); done > "$EXTSEAL_C2_PROOF"`,
      c2,
    );
    expect(Buffer.from(proof).toString()).toBe('x'.repeat(192));
    const inputPath = (await readFile(seen, 'utf8')).trim();
    await expect(readFile(inputPath)).rejects.toThrow(/ENOENT/);
  });

  it('that writes nothing, or something of the wrong length, has failed', async () => {
    await expect(runExternalProver('exit 0', c2)).rejects.toThrow(/wrote no proof/);
    await expect(runExternalProver('printf short > "$EXTSEAL_C2_PROOF"', c2)).rejects.toThrow(/5 bytes/);
  });

  it('the prover of an update is told all three commitments', () => {
    const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
    const env = externalProverEnv(
      { ...c2, step: 'PR2', commROld: fill(1), commRNew: fill(2), commDNew: fill(3) },
      '/in',
      '/out',
    );
    expect(env).toEqual({
      EXTSEAL_PR2_SECTOR_NUM: '7',
      EXTSEAL_PR2_SECTOR_MINER: '1000',
      EXTSEAL_PR2_PROOF_TYPE: '5',
      EXTSEAL_PR2_SECTOR_SIZE: '2048',
      EXTSEAL_PR2_INPUT: '/in',
      EXTSEAL_PR2_PROOF: '/out',
      EXTSEAL_PR2_COMM_R_OLD: '01'.repeat(32),
      EXTSEAL_PR2_COMM_R_NEW: '02'.repeat(32),
      EXTSEAL_PR2_COMM_D_NEW: '03'.repeat(32),
    });
  });
});

describe('the variables of an external PC2', () => {
  it('that are missing or no numbers are all named at once', () => {
    expect(() =>
      parseExternalPrecommit2Env({ EXTSEAL_PC2_SECTOR_NUM: 'x', EXTSEAL_PC2_CACHE: '/c' }),
    ).toThrow(/SECTOR_NUM[^]*SECTOR_MINER[^]*PROOF_TYPE[^]*SECTOR_SIZE[^]*SEALED[^]*PC1OUT/);
  });
});
