import type { MinerApi } from '@sealctl/core/lotus/miner-api';
import type { RpcClient } from '@sealctl/core/lotus/rpc-client';
import type { WorkerJob } from '@sealctl/core/lotus/rpc-values';
import { taskByName } from '@sealctl/core/lotus/task-type';
import type { Command } from '../../lotus-cli/app.ts';
import { usage } from '../../lotus-cli/flag.ts';
import { colorWanted } from './color.ts';
import { minerClient } from './connection.ts';
import { explainText, sortedJson } from './sched-diag.ts';
import { sealingJobsText } from './sealing-jobs.ts';
import { sealingWorkersText } from './sealing-workers.ts';

/** `sealing workers|jobs|sched-diag|abort`. */
export const minerSealingCommand: Command = {
  name: 'sealing',
  usage: 'the sealing pipeline',
  commands: [
    {
      name: 'workers',
      usage: 'list the sealing workers',
      run: async (invocation) => {
        const stats = await (await minerClient(invocation)).call('WorkerStats', []);
        invocation.out(sealingWorkersText(stats, colorWanted(invocation)));
      },
    },
    {
      name: 'jobs',
      usage: 'list the tasks on the workers',
      flags: [
        {
          name: 'show-ret-done',
          type: 'bool',
          default: false,
          usage: 'also list tasks whose results were taken',
        },
      ],
      run: async (invocation) => {
        const client = await minerClient(invocation);
        const [jobs, stats] = await Promise.all([
          client.call('WorkerJobs', []),
          client.call('WorkerStats', []),
        ]);
        const shown = Object.entries(jobs ?? {}).map(([session, list]) => [
          session,
          (list ?? []).filter(({ RunWait }) => invocation.flags.bool('show-ret-done') || RunWait !== -3),
        ]);
        invocation.out(sealingJobsText(Object.fromEntries(shown), stats, Date.now()));
      },
    },
    {
      name: 'sched-diag',
      usage: 'print the state of the scheduler, as JSON',
      flags: [
        {
          name: 'force-sched',
          type: 'bool',
          default: false,
          usage: 'run a scheduling cycle first',
        },
        {
          name: 'explain',
          type: 'bool',
          default: false,
          usage: 'show for every waiting task why each worker does not take it',
        },
      ],
      run: async (invocation) => {
        const client = await minerClient(invocation);
        const explain = invocation.flags.bool('explain');
        const force = invocation.flags.bool('force-sched');
        // A read-only token suffices for the waiting tasks and their reasons.
        const diag = explain && !force ? undefined : await client.call('SealingSchedDiag', [force]);
        if (explain) invocation.out(explainText(await client.call('SealingExplain', [])));
        else invocation.out(`${sortedJson(diag)}\n`);
      },
    },
    {
      name: 'abort',
      usage: 'stop a running task, or with --sched remove a waiting one from the queue',
      args: ['ID'],
      flags: [{ name: 'sched', type: 'bool', default: false, usage: 'the ID is a SchedId of sched-diag' }],
      examples: [
        'seal-miner sealing abort 7e41c0aa',
        'seal-miner sealing abort --sched 3fa85f64-5717-4562-b3fc-2c963f66afa6',
      ],
      run: async (invocation) => {
        const client = await minerClient(invocation);
        const [id = ''] = invocation.args;
        if (invocation.flags.bool('sched')) {
          await client.call('SealingRemoveRequest', [id]);
          return;
        }
        const { job, host } = await runningJob(client, id);
        const task = taskByName(job.Task)?.code ?? job.Task;
        invocation.out(
          `aborting job ${job.ID.ID}, task ${task}, sector ${job.Sector.Number}, running on host ${host}\n`,
        );
        await client.call('SealingAbort', [job.ID]);
      },
    },
  ],
};

async function runningJob(
  client: RpcClient<MinerApi>,
  prefix: string,
): Promise<{ readonly job: WorkerJob; readonly host: string }> {
  const [jobs, stats] = await Promise.all([client.call('WorkerJobs', []), client.call('WorkerStats', [])]);
  const found = Object.entries(jobs ?? {}).flatMap(([session, list]) =>
    (list ?? [])
      .filter((job) => (job.RunWait === 0 || job.RunWait === -1) && job.ID.ID.startsWith(prefix))
      .map((job) => ({ job, host: stats[session]?.Info.Hostname ?? job.Hostname ?? 'unknown' })),
  );
  const [only, another] = found;
  if (only === undefined)
    throw usage(prefix, `no running job has an ID that starts with '${prefix}'`, `see 'sealing jobs'`);
  if (another !== undefined)
    throw usage(
      prefix,
      `${found.length} running jobs have an ID that starts with '${prefix}'`,
      'write more digits of the ID',
    );
  return only;
}
