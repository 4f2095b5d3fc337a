import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { messageOf, type Problem, type SourceRange } from '@sealctl/core/problem/problem';
import type { UsedProgram } from './releases.ts';

/**
 * Compares the program files that the cluster uses with their digests in cluster.yaml. Reads every file once. A missing file or a different
 * digest is an error; the error includes the digest to paste.
 */
export async function checkReleaseFiles(programs: readonly UsedProgram[]): Promise<Problem[]> {
  return (await Promise.all(programs.map(checkProgram))).flat();
}

async function checkProgram({ program, release, role, place }: UsedProgram): Promise<Problem[]> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(program.file), hash);
  } catch (error) {
    return [
      {
        code: 'program-unreadable',
        severity: 'error',
        summary: `the ${role} program of the release "${release}" cannot be read`,
        ...at(place?.file),
        why: messageOf(error),
        fix: `put the ${role} program there, with the SHA-256 ${program.sha256}, or correct the path and the digest in "releases"`,
      },
    ];
  }
  const actual = hash.digest('hex');
  if (actual === program.sha256) return [];
  return [
    {
      code: 'program-digest',
      severity: 'error',
      summary: `the ${role} program of the release "${release}" does not match its digest`,
      ...at(place?.sha256),
      why: `the SHA-256 of ${program.file} is not ${program.sha256}`,
      fix: `if the file is right, write sha256: ${actual}`,
    },
  ];
}

function at(range: SourceRange | undefined): Pick<Problem, 'where'> {
  return range === undefined ? {} : { where: { in: 'source', range } };
}
