import { availableParallelism } from 'node:os';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { makeComputeJobRunner } from '../../../../src/daemons/worker/compute/run-job.ts';
import { ownCpus } from '../../../../src/daemons/base/machine/own-cpus.ts';
import type { Commit2Job } from '../../../../src/daemons/worker/compute/job.ts';

/** Replaces the compute process: its proof names the CPUs and GPUs that it was given. */
const printAllocation = `read -r job
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

/** Runs two jobs at once and returns their proofs. */
async function proofsWith(allotment: { readonly cpus: readonly number[]; readonly gpus: readonly string[] }) {
  const runner = makeComputeJobRunner({
    program: ['/bin/sh', '-c', printAllocation],
    env: { ...process.env, CUDA_VISIBLE_DEVICES: 'all of them' },
    allotment,
    log: pino({ level: 'silent' }),
  });
  const options = { signal: new AbortController().signal, onProgress: () => undefined };
  const results = await Promise.all([runner.run(job, options), runner.run(job, options)]);
  return results.map(({ proof }) => proof);
}

describe('a compute process', () => {
  it.runIf(availableParallelism() > 1)(
    'runs on CPUs and GPUs of its own in a worker with an allotment',
    async () => {
      const own = await ownCpus();
      const [first = 0, second = 1] = own;
      const proofs = await proofsWith({ cpus: [first, second], gpus: ['GPU-a', 'GPU-b'] });
      expect(proofs).toEqual([`${first} on GPU-a`, `${second} on GPU-b`]);
    },
  );

  it('may use every CPU and GPU in a worker without an allotment', async () => {
    const proofs = await proofsWith({ cpus: [], gpus: [] });
    expect(proofs).toEqual([
      expect.stringMatching(/^[\d,-]+ on all of them$/),
      expect.stringMatching(/^[\d,-]+ on all of them$/),
    ]);
  });
});

describe('output of a compute process', () => {
  const result = `printf '{"kind":"result","result":{"proof":"p"}}\\n'`;

  /** Runs a job in a shell script, and returns its proof with the lines that were logged. */
  async function runScript(script: string) {
    const logged: { readonly line?: string; readonly msg?: string }[] = [];
    const runner = makeComputeJobRunner({
      program: ['/bin/sh', '-c', `read -r job\n${script}`],
      env: process.env,
      allotment: { cpus: [], gpus: [] },
      log: pino({}, { write: (text: string) => logged.push(JSON.parse(text)) }),
    });
    const running = runner.run(job, { signal: new AbortController().signal, onProgress: () => undefined });
    const outcome = await running.catch((error: unknown) => error);
    return { outcome, lines: logged.map(({ line }) => line) };
  }

  it.each(['a library prints this', '{"kind":', 'null', '42', '"result"', '{"kind":"banner"}'])(
    'that is not a message on stdout is logged, and the task goes on: %s',
    async (line) => {
      expect(await runScript(`printf '%s\\n' '${line}'\n${result}\nprintf '%s\\n' '${line}'`)).toEqual({
        outcome: { proof: 'p' },
        lines: [line, line],
      });
    },
  );

  it('explains the failure of its task alone, when the process ends without a result', async () => {
    const { outcome } = await runScript('echo "cannot load the library"; exit 3');
    expect(outcome).toMatchObject({
      problems: [{ code: 'compute-process-died', why: expect.stringContaining('cannot load the library') }],
    });
  });
});
