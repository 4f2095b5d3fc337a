import { z } from 'zod';
import {
  absolutePath,
  account,
  byteSize,
  duration,
  entryName,
  envValue,
  groupName,
  hostPort,
  taskName,
} from './scalars.ts';

const minerAddress = z
  .string()
  .regex(/^[ft]0\d+$/, { error: 'expected the ID address of a miner, such as f01000' });
const fileType = z.enum(['unsealed', 'sealed', 'cache', 'update', 'update-cache', 'piece']);

const storagePath = z
  .strictObject({
    path: absolutePath.describe('Directory on the host.'),
    use: z
      .union([z.enum(['seal', 'store']), z.array(z.enum(['seal', 'store']))], {
        error: 'expected seal, store, [seal, store], or [] for a path that is only read',
      })
      .describe(
        '`seal` for scratch space of running seals, `store` for finished sectors, a list for both, `[]` for a path that is only read.',
      ),
    weight: z
      .int()
      .nonnegative()
      .optional()
      .meta({ description: 'Preference among paths: Lotus sorts by free bytes times weight.', default: 10 }),
    maxStorage: byteSize.optional().meta({
      description:
        "Maximum size of the path's files; 0 means no limit. Lotus reads it only when the path is attached.",
      default: 0,
    }),
    mount: z.boolean().optional().meta({
      description:
        'True when the path must be a mount point. A missing mount is then an error, and no directory is created.',
      default: false,
    }),
    groups: z
      .array(groupName)
      .optional()
      .describe('Storage groups of the path, instead of those in `storageGroups`.'),
    allowTo: z
      .array(groupName)
      .optional()
      .describe(
        'Groups that may fetch sectors from the path, instead of those in `storageGroups`; an empty list allows all.',
      ),
    allowTypes: z.array(fileType).optional().describe('File types that the path accepts; absent means all.'),
    denyTypes: z
      .array(fileType)
      .optional()
      .describe('File types that the path rejects; takes precedence over `allowTypes`.'),
    allowMiners: z
      .array(minerAddress)
      .optional()
      .describe('Miners whose sectors the path accepts; absent means all.'),
    denyMiners: z.array(minerAddress).optional().describe('Miners whose sectors the path rejects.'),
  })
  .meta({ id: 'storagePath' });

const resourceOverride = z
  .strictObject({
    minMemory: byteSize.optional().describe('Memory the task needs as RAM (`MIN_MEMORY`).'),
    maxMemory: byteSize.optional().describe('Peak of RAM and swap (`MAX_MEMORY`).'),
    baseMinMemory: byteSize
      .optional()
      .describe('Memory shared by all tasks of the type (`BASE_MIN_MEMORY`).'),
    gpuUtilization: z
      .number()
      .nonnegative()
      .optional()
      .describe('Number of GPUs that the task uses (`GPU_UTILIZATION`).'),
    maxParallelism: z
      .int()
      .min(-1)
      .optional()
      .describe('Threads; -1 means 92 % of the logical CPUs, 0 none (`MAX_PARALLELISM`).'),
    maxParallelismGpu: z
      .int()
      .min(-1)
      .optional()
      .describe('Threads when the task uses a GPU; 0 means `maxParallelism` (`MAX_PARALLELISM_GPU`).'),
  })
  .meta({ id: 'resourceOverride' });

export const taskList = z.array(taskName);

export const limits = z.record(taskName, z.int().nullable().meta({ minimum: 1 })).meta({
  id: 'limits',
  description:
    'How many tasks of a type run at once, written as `<CODE>_<SIZE>_MAX_CONCURRENT`; at least 1. `null` removes the limit of a layer with lower precedence.',
});
export const resources = z.record(taskName, resourceOverride.nullable()).meta({
  id: 'resources',
  description:
    "Overrides of Lotus's resource table, by task type. `null` removes those of a layer with lower precedence.",
});
export const env = z.record(z.string(), envValue.nullable()).meta({
  id: 'env',
  description:
    'Additional environment variables: values or references to secrets. Maps of all layers are merged; `null` removes a variable of a layer with lower precedence.',
});

export const ulimits = z
  .strictObject({
    nofile: z
      .int()
      .positive()
      .optional()
      .meta({ description: 'Open files. Lotus refuses to start a worker below 100000.', default: 1048576 }),
  })
  .meta({ id: 'ulimits', description: 'Limits of the process.' });

/** Keys of a worker that any layer may set: defaults, profile, host, worker. */
export const workerLayerKeys = {
  release: entryName.optional().describe('Name of the release whose worker program runs.'),
  tasks: z
    .union([z.string(), taskList], { error: 'expected the name of a task set, or a list of tasks' })
    .optional()
    .describe(
      'Task types the worker offers: the name of a task set or a list. With `[]` the worker only fetches and finalizes.',
    ),
  limits: limits.optional(),
  resources: resources.optional(),
  env: env.optional(),
  gpus: z
    .union([z.literal('all'), z.array(z.union([z.int().nonnegative(), z.string()]))], {
      error: 'expected a list of GPU indices and UUIDs, or all',
    })
    .optional()
    .meta({
      description: 'GPUs the worker may use, by index or UUID; `[]` for none.',
      default: 'all',
    }),
  cpus: z
    .union([z.string(), z.int().nonnegative()], { error: 'expected a CPU list such as 0-31,64-95' })
    .optional()
    .describe('CPUs the worker may use, as a Linux CPU list such as `0-31,64-95`; absent means all.'),
  memory: byteSize.optional().describe('Memory the worker may use; absent means all.'),
  listen: hostPort.optional().meta({
    description:
      'Address on which the worker listens, and at which the miner reaches it. With host 0.0.0.0 Lotus advertises the local address of its connection to the miner.',
    default: '0.0.0.0:3456',
  }),
  repo: absolutePath
    .optional()
    .describe(
      "The worker's repo on the host (`LOTUS_WORKER_PATH`); absent means a directory of sealctl's own.",
    ),
  unit: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9:_.@-]*\.service$/, {
      error: 'expected the name of a systemd service, such as lotus-worker.service',
    })
    .optional()
    .describe(
      "Name of the systemd service, to keep an existing name; absent means a name of sealctl's own. sealctl never overwrites a service that it did not write: the plan reports the service until it is removed.",
    ),
  runAs: account
    .optional()
    .describe("Account the worker runs as; absent means sealctl's own account on the host."),
  args: z
    .array(z.string())
    .optional()
    .describe('Additional arguments of the `run` command, such as `--parallel-fetch-limit=8`.'),
  storage: z.array(storagePath).optional().describe('Storage paths attached to the worker.'),
  ulimits: ulimits.optional(),
  drainTimeout: duration.optional().meta({
    description: 'Maximum wait for running tasks before a restart of the worker is given up.',
    default: '12h',
  }),
};

/** Keys that only a worker itself can have. */
export const ownWorkerKeys = {
  label: z
    .string()
    .regex(/^[^\p{Cc}]{1,200}$/u, { error: 'expected one line of text' })
    .optional()
    .describe(
      "Name of the worker in the miner's listing (`--name`), unique in the cluster; absent means HOST, or HOST-WORKER on a host that names its workers or runs the miner, whose built-in worker has the name of the machine.",
    ),
};

/** The profiles to apply. */
export const profileKey = z
  .union([entryName, z.array(entryName)], { error: 'expected the name of a profile, or a list of names' })
  .optional()
  .describe('Profiles to apply; later ones take precedence.');
