import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { messageOf, type Problem } from '../problem/problem.ts';
import type { Origin, ProgramSpec, Spec } from './spec.ts';

interface UsedProgram {
  readonly program: ProgramSpec;
  readonly release: string;
  readonly role: 'worker' | 'miner';
  readonly origin: Origin | undefined;
}

/**
 * Compares the program files that the cluster uses with the digests the file gives them. Reads every file once; a missing file or
 * another digest is an error, told with the digest to paste.
 */
export async function checkReleaseFiles(spec: Spec): Promise<Problem[]> {
  const checks = [...usedPrograms(spec).values()].map(async (used) => checkProgram(used));
  return (await Promise.all(checks)).flat();
}

function usedPrograms(spec: Spec): Map<string, UsedProgram> {
  const used = new Map<string, UsedProgram>();
  const add = (one: UsedProgram): void => {
    const key = `${one.program.file}\0${one.program.sha256}`;
    if (!used.has(key)) used.set(key, one);
  };
  const { miner } = spec;
  if (miner.release !== undefined) {
    const { name, miner: program } = miner.release;
    add({ program, release: name, role: 'miner', origin: miner.origins['release'] });
  }
  for (const worker of spec.hosts.flatMap((host) => host.workers)) {
    const { name, worker: program } = worker.release;
    add({ program, release: name, role: 'worker', origin: worker.origins['release'] });
  }
  return used;
}

async function checkProgram({ program, release, role, origin }: UsedProgram): Promise<Problem[]> {
  const where = origin?.range && ({ in: 'source', range: origin.range } as const);
  const place = where && { where };
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(program.file), hash);
  } catch (error) {
    return [
      {
        code: 'program-unreadable',
        severity: 'error',
        summary: `the ${role} program of the release "${release}" cannot be read`,
        ...place,
        why: messageOf(error),
        fix: 'build it or fetch it, or correct the path in "releases"',
      },
    ];
  }
  const actual = hash.digest('hex');
  if (actual === program.sha256) return [];
  return [
    {
      code: 'program-digest',
      severity: 'error',
      summary: `the ${role} program of the release "${release}" is not the one its digest names`,
      ...place,
      why: `${program.file} has another SHA-256 than ${program.sha256}`,
      fix: `if the file is right, write sha256: ${actual}`,
    },
  ];
}
