import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  runExternalPrecommit2,
  type ExternalPrecommit2,
} from '../../../../src/daemons/proofs/external-precommit2.ts';
import { registeredSealProof } from '../../../../src/daemons/proofs/registered-proof.ts';
import { runSealBench, succeed } from './run-seal-bench.ts';

let directory = '';
const at = (name: string): string => join(directory, name);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'external-pc2-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const main = fileURLToPath(new URL('../../../../src/daemons/cli/seal-bench/main.ts', import.meta.url));
const loader = fileURLToPath(new URL('../../../../node_modules/tsx/dist/esm/index.mjs', import.meta.url));
/** Our program as an operator would name it to Lotus: absolute paths, for there is no PATH. */
const ours = `${process.execPath} --import ${loader} ${main} external-pc2`;

/** A sector after phase 1, as a Lotus worker has it when it runs the command. */
async function phase1(synthetic = false): Promise<ExternalPrecommit2> {
  const flags = ['--sector-size', '2K', ...(synthetic ? ['--synthetic'] : ['--ticket', '0'.repeat(64)])];
  await succeed('simple', 'addpiece', '--sector-size', '2K', '/dev/zero', at('unsealed'));
  const [, output = ''] = await succeed(
    'simple',
    'precommit1',
    ...flags,
    '--parent-cache',
    at('parents'),
    at('unsealed'),
    at('sealed'),
    at('cache'),
  );
  return {
    sectorNumber: 1,
    actorId: 1000,
    proof: registeredSealProof(synthetic ? 10 : 5),
    cacheDir: at('cache'),
    sealedPath: at('sealed'),
    precommit1Json: Buffer.from(output, 'base64').toString(),
  };
}

describe('seal-bench external-pc2', () => {
  it('seals the published sector for a caller that passes only the documented variables', async () => {
    const { commR, commD } = await runExternalPrecommit2(ours, await phase1());
    expect(Buffer.from(commR).toString('hex')).toBe(
      'c647b998c78282296cfd1160714228d43f3b054dfbbb77172b68115ba3c3b762',
    );
    expect(Buffer.from(commD).toString('hex')).toBe(
      'fc7e928296e516faade986b28f92d44a4f24b935485223376a799027bc18f833',
    );
  });

  it('writes the synthetic proofs of a synthetic sector', async () => {
    await runExternalPrecommit2(ours, await phase1(true));
    const file = await readFile(at('cache/syn-porep-vanilla-proofs.dat'));
    expect(file.length).toBe(575_072);
  });

  it('fails without its variables, and names them', async () => {
    const { code, err } = await runSealBench(['external-pc2']);
    expect(code).toBe(1);
    expect(err).toMatch(/EXTSEAL_PC2_SECTOR_NUM[^]*EXTSEAL_PC2_PC1OUT/);
  });

  it('fails when the output of phase 1 is of another sector', async () => {
    const sector = await phase1();
    const other = {
      ...sector,
      precommit1Json: sector.precommit1Json.replace('"comm_d":[252', '"comm_d":[251'),
    };
    await expect(runExternalPrecommit2(ours, other)).rejects.toThrow(/exit code 1/);
  });
});

describe('seal-bench simple precommit2 --external-pc2', () => {
  it('takes what the command left behind for its own', async () => {
    const sector = await phase1();
    const words = [
      'simple',
      'precommit2',
      '--sector-size',
      '2K',
      '--external-pc2',
      ours,
      sector.sealedPath,
      sector.cacheDir,
      Buffer.from(sector.precommit1Json).toString('base64'),
    ];
    const lines = await succeed(...words);
    expect(lines.at(-1)).toMatch(/ r:bagboea4b5abcbrshxgmmpaucffwp2elaofbcrvb7hmcu3653o4lsw2arlor4hn3c$/);
  });

  it('fails when the command did nothing', async () => {
    const sector = await phase1();
    await expect(runExternalPrecommit2('exit 0', sector)).rejects.toThrow(/its output is incomplete/);
    await expect(runExternalPrecommit2('exit 7', sector)).rejects.toThrow(/exit code 7/);
  });
});
