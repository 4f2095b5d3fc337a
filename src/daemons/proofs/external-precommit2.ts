import { open, readFile, stat } from 'node:fs/promises';
import { fail, ProblemError, type Problem } from '@sealctl/core/problem/problem';
import { cacheFiles } from './cache-files.ts';
import { runExternalProgram } from './external-program.ts';
import { native } from './native.ts';
import { callKernel } from './operation.ts';
import type { RegisteredSealProof } from './registered-proof.ts';

/** One sector before its second phase, as `lotus-worker --external-pc2` describes it. */
export interface ExternalPrecommit2 {
  readonly sectorNumber: number;
  readonly actorId: number;
  readonly proof: RegisteredSealProof;
  readonly cacheDir: string;
  /** Contains the unsealed data before, and the replica after phase 2. */
  readonly sealedPath: string;
  /** The first phase's output, as JSON. */
  readonly precommit1Json: string;
}

const prefix = 'EXTSEAL_PC2_';

/** The complete environment of the command, as Lotus's contract defines it. Source: docs/spec/lotus.md section 3.10. */
export function externalPrecommit2Env(sector: ExternalPrecommit2): Record<string, string> {
  return {
    [`${prefix}SECTOR_NUM`]: String(sector.sectorNumber),
    [`${prefix}SECTOR_MINER`]: String(sector.actorId),
    [`${prefix}PROOF_TYPE`]: String(sector.proof.number),
    [`${prefix}SECTOR_SIZE`]: String(sector.proof.sectorBytes),
    [`${prefix}CACHE`]: sector.cacheDir,
    [`${prefix}SEALED`]: sector.sealedPath,
    [`${prefix}PC1OUT`]: Buffer.from(sector.precommit1Json, 'utf8').toString('base64'),
  };
}

/** The contract's variables as parsed by the external program. */
export interface ExternalPrecommit2Variables {
  readonly sectorNumber: number;
  readonly actorId: number;
  readonly proofNumber: number;
  readonly sectorBytes: number;
  readonly cacheDir: string;
  readonly sealedPath: string;
  readonly precommit1Json: string;
}

/** Parses the contract's variables. Throws one problem `external-pc2-variable` for each that is missing or invalid. */
export function parseExternalPrecommit2Env(
  env: Readonly<Record<string, string | undefined>>,
): ExternalPrecommit2Variables {
  const problems: Problem[] = [];
  const text = (name: string): string => {
    const value = env[prefix + name];
    if (value === undefined || value === '') problems.push(bad(name, 'it is not set'));
    return value ?? '';
  };
  const number = (name: string): number => {
    const value = text(name);
    if (value !== '' && !(/^\d+$/.test(value) && Number.isSafeInteger(Number(value))))
      problems.push(bad(name, `'${value}' is not a whole number`));
    return Number(value);
  };
  const variables = {
    sectorNumber: number('SECTOR_NUM'),
    actorId: number('SECTOR_MINER'),
    proofNumber: number('PROOF_TYPE'),
    sectorBytes: number('SECTOR_SIZE'),
    cacheDir: text('CACHE'),
    sealedPath: text('SEALED'),
    precommit1Json: Buffer.from(text('PC1OUT'), 'base64').toString('utf8'),
  };
  if (problems.length > 0) throw new ProblemError(problems);
  return variables;
}

/** The commitments read from the files that a command wrote. */
export interface ExternalPrecommit2Result {
  readonly commR: Uint8Array;
  readonly commD: Uint8Array;
}

/**
 * Runs an external command for the second phase, then checks the files that the contract requires: tree C, tree R, p_aux, t_aux and a
 * sealed file of the sector's size. As in Lotus, CommR is read from p_aux and CommD from tree D.
 */
export async function runExternalPrecommit2(
  command: string,
  sector: ExternalPrecommit2,
  options: { readonly signal?: AbortSignal; readonly onLine?: (line: string) => void } = {},
): Promise<ExternalPrecommit2Result> {
  await runExternalProgram(
    {
      command,
      env: externalPrecommit2Env(sector),
      step: 'external PC2',
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
    options.onLine,
  );
  const files = cacheFiles(sector.cacheDir, sector.proof);
  const missing: Problem[] = [];
  for (const path of [...files.treeC, ...files.treeR, files.persistentAux, files.temporaryAux]) {
    if (!(await exists(path))) missing.push(incomplete(`it did not write ${path}`));
  }
  const sealedBytes = (await exists(sector.sealedPath)) ? (await stat(sector.sealedPath)).size : 0;
  if (sealedBytes !== sector.proof.sectorBytes)
    missing.push(
      incomplete(`${sector.sealedPath} has ${sealedBytes} bytes, not ${sector.proof.sectorBytes}`),
    );
  if (missing.length > 0) throw new ProblemError(missing);

  const aux = await readFile(files.persistentAux);
  if (aux.length !== 64)
    throw new ProblemError([incomplete(`${files.persistentAux} has ${aux.length} bytes`)]);
  const inputs = [aux.subarray(0, 32), aux.subarray(32, 64)];
  return {
    commR: callKernel(() => native().poseidonHash({ inputs })),
    commD: await lastNode(files.treeD),
  };
}

async function lastNode(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size < 32)
    throw fail({ code: 'external-pc2', summary: `${path} is not a tree`, fix: 'run phase 1 again' });
  const file = await open(path);
  try {
    const node = Buffer.alloc(32);
    await file.read(node, 0, 32, size - 32);
    return node;
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function incomplete(why: string): Problem {
  return {
    code: 'external-pc2',
    severity: 'error',
    summary: 'the external PC2 command exited with 0 but its output is incomplete',
    why,
    fix: 'make the command create tree C, tree R, p_aux and t_aux, and turn the sealed file into the replica',
  };
}

function bad(name: string, why: string): Problem {
  return {
    code: 'external-pc2-variable',
    severity: 'error',
    summary: `the variable ${prefix}${name} cannot be used`,
    why,
    fix: 'Lotus sets the EXTSEAL_PC2_ variables when it runs the command given as --external-pc2',
  };
}
