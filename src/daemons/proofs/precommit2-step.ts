import { fail } from '@sealctl/core/problem/problem';
import { writeSyntheticProofs } from './commit1.ts';
import type { ExternalPrecommit2 } from './external-precommit2.ts';
import type { NativePrecommit2Result } from './native-addon.ts';
import type { OperationOptions } from './operation.ts';
import { parsePrecommit1 } from './precommit1-output.ts';
import { precommit2 } from './sealing.ts';

/**
 * Runs the complete second phase of a sector as Lotus defines it: `precommit2`, a check of CommD against the first phase's output, and for
 * a synthetic sector the file of synthetic proofs. The ticket comes from the first phase's output, or from the caller where the output has
 * none. Throws `malformed-precommit1` for the output of another proof type and `sealing-mismatch` where CommD differs.
 */
export async function runPrecommit2(
  sector: ExternalPrecommit2,
  ticketOtherwise: Uint8Array | undefined,
  options?: OperationOptions,
): Promise<NativePrecommit2Result> {
  const { proof, cacheDir, sealedPath, actorId, sectorNumber } = sector;
  const phase1 = parsePrecommit1(proof, sector.precommit1Json);
  const result = await precommit2(proof.number, { cacheDir, sealedPath }, options);
  if (!result.commD.equals(phase1.commD))
    throw fail({
      code: 'sealing-mismatch',
      summary: `tree D in ${cacheDir} does not match the output of phase 1`,
      why: `its root is ${result.commD.toString('hex')}, phase 1 says ${Buffer.from(phase1.commD).toString('hex')}`,
      fix: 'pass the cache directory and the output of the same phase 1',
    });
  if (proof.feature === 'synthetic') {
    const ticket = phase1.ticket ?? ticketOtherwise;
    if (ticket === undefined)
      throw fail({
        code: 'malformed-precommit1',
        summary: 'a synthetic sector cannot be proven without its ticket',
        why: 'the output of phase 1 has no _lotus_SealRandomness',
        fix: 'pass on exactly what phase 1 printed',
      });
    const { commD, commR } = result;
    await writeSyntheticProofs(
      proof.number,
      { actorId, sectorNumber, ticket, commD, commR },
      { cacheDir, replicaPath: sealedPath },
      options,
    );
  }
  return result;
}
