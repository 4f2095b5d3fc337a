import { availableParallelism } from 'node:os';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { makeComputeJobRunner } from '../../../../src/daemons/worker/compute/run-job.ts';
import { ownCpus } from '../../../../src/daemons/base/machine/own-cpus.ts';
import type { Commit2Job } from '../../../../src/daemons/worker/compute/job.ts';

/** Stands for the compute process: says as its proof on which CPUs and GPUs it was to work. */
const telling = `read -r job
cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
printf '{"kind":"result","result":{"proof":"%s on %s"}}\\n' "$cpus" "$CUDA_VISIBLE_DEVICES"`;
const job: Commit2Job = {
  kind: 'commit2',
  proof: 5,
  actorId: 1000,
  sectorNumber: 1,
  commit1Json: '{}',
  noGpu: false,
  threads: 1,
  gpus: 1,
};

/** What the job says that runs in a process of its own. */
async function toldBy(allotment: { readonly cpus: readonly number[]; readonly gpus: readonly string[] }) {
  const runner = makeComputeJobRunner({
    program: ['/bin/sh', '-c', telling],
    env: { ...process.env, CUDA_VISIBLE_DEVICES: 'all of them' },
    allotment,
    log: pino({ level: 'silent' }),
  });
  const options = { signal: new AbortController().signal, onProgress: () => undefined };
  const results = await Promise.all([runner.run(job, options), runner.run(job, options)]);
  return results.map(({ proof }) => proof);
}

describe('a task in a process of its own', () => {
  it.runIf(availableParallelism() > 1)(
    'is kept to CPUs and GPUs that no other task has, where the worker has some for itself',
    async () => {
      const own = await ownCpus();
      const [first = 0, second = 1] = own;
      const told = await toldBy({ cpus: [first, second], gpus: ['GPU-a', 'GPU-b'] });
      expect(told).toEqual([`${first} on GPU-a`, `${second} on GPU-b`]);
    },
  );

  it('is left where it is in a worker that shares the machine', async () => {
    const everywhere = await toldBy({ cpus: [], gpus: [] });
    expect(everywhere).toEqual([
      expect.stringMatching(/^[\d,-]+ on all of them$/),
      expect.stringMatching(/^[\d,-]+ on all of them$/),
    ]);
  });
});
