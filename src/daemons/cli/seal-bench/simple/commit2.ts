import { readFile } from 'node:fs/promises';
import { verifyCommit1 } from '../../../proofs/commit1.ts';
import { commit1Binary, commit1Trailer } from '../../../proofs/commit1-output.ts';
import { parseCommit1Wrapper } from '../../../proofs/commit1-wrapper.ts';
import { runExternalProver } from '../../../proofs/external-prover.ts';
import type { RegisteredSealProof } from '../../../proofs/registered-proof.ts';
import type { Command, Invocation } from '../../../lotus-cli/app.ts';
import { usage } from '../../../lotus-cli/flag.ts';
import { operationOptions, sectorFlags, sectorSettings, threadFlags, variantFlags } from '../settings.ts';
import { timed } from '../timing.ts';

/** C2: the SNARK, by an external prover; without one, the vanilla proof verified in full. */
export const commit2Command: Command = {
  name: 'commit2',
  usage: 'verify a vanilla proof and have an external prover turn it into a SNARK',
  args: ['C1OUT.json'],
  flags: [
    ...sectorFlags,
    ...variantFlags,
    ...threadFlags,
    {
      name: 'external-c2',
      type: 'string',
      default: '',
      usage: 'prover command; it gets only the EXTSEAL_C2_ variables, and no PATH',
    },
    {
      name: 'no-gpu',
      type: 'bool',
      default: false,
      usage: 'run the prover without a GPU (BELLMAN_NO_GPU=1)',
    },
  ],
  examples: [
    'seal-bench simple commit2 --sector-size 2K /tmp/c1.json',
    'seal-bench simple commit2 --external-c2 "/opt/prover/c2" /tmp/c1.json',
  ],
  run: async (invocation) => {
    const { args, flags, out } = invocation;
    const [path = ''] = args;
    const input = await readFile(path);
    const wrapper = parseCommit1Wrapper(input);
    const { proof, binary } = commit1Binary(wrapper.phase1Output);
    const statement = statementOf(invocation, proof, wrapper.sectorNumber, binary);
    if (wrapper.sectorBytes !== proof.sectorBytes)
      throw usage(
        path,
        `${path} is for sectors of ${wrapper.sectorBytes} bytes but has a proof of ${proof.name}`,
        'run commit1 again',
      );

    const command = flags.text('external-c2');
    if (command === '' && flags.bool('no-gpu'))
      throw usage('--no-gpu', '--no-gpu has no effect without --external-c2', 'leave it out');
    const snark = await timed('Commit2:', proof.sectorBytes, out, async () => {
      await verifyCommit1(proof.number, statement, binary, operationOptions(invocation));
      if (command === '') return undefined;
      return runExternalProver(
        command,
        {
          step: 'C2',
          sectorNumber: statement.sectorNumber,
          actorId: statement.actorId,
          sectorBytes: proof.sectorBytes,
          proofType: proof.number,
          partitions: proof.partitions,
          aggregated: proof.feature === 'non-interactive',
          input,
          noGpu: flags.bool('no-gpu'),
        },
        {
          onLine: (line) => invocation.err(`${line}\n`),
          ...(invocation.signal === undefined ? {} : { signal: invocation.signal }),
        },
      );
    });
    out(
      snark === undefined
        ? `vanilla proof: verified in full, ${proof.partitions} partitions; no SNARK was made (--external-c2 names a prover)\n`
        : `proof: ${Buffer.from(snark).toString('hex')}\n`,
    );
  },
};

/** The statement that the proof must prove: from the flags, and where they are not set from the file. */
function statementOf(
  invocation: Invocation,
  proof: RegisteredSealProof,
  fileSectorNumber: number,
  binary: Uint8Array,
) {
  const { flags } = invocation;
  const settings = sectorSettings(invocation, true);
  const chosen = ['sector-size', 'proof-type', 'synthetic', 'non-interactive'].find((name) =>
    flags.isSet(name),
  );
  if (chosen !== undefined && settings.proof.number !== proof.number)
    throw usage(
      `--${chosen}`,
      `--${chosen} means ${settings.proof.name}, the file has a proof of ${proof.name}`,
      'leave out the flag: the file names its proof type',
    );
  const { commR, commD, seed, ticket } = commit1Trailer(binary);
  return {
    actorId: settings.actorId,
    sectorNumber: flags.isSet('sector') ? settings.sectorNumber : fileSectorNumber,
    ticket: flags.isSet('ticket') ? settings.ticket : ticket,
    seed: flags.isSet('seed') ? settings.seed : seed,
    commD,
    commR,
  };
}
