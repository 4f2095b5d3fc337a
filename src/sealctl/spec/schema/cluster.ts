import { z } from 'zod';
import { host, layer } from './host.ts';
import {
  absolutePath,
  account,
  duration,
  entryName,
  envValue,
  groupName,
  hostPort,
  localPath,
  secretRef,
  sectorSizeName,
  taskName,
} from './scalars.ts';
import { env, limits, profileKey, resources, taskList, ulimits, workerLayerKeys } from './worker.ts';

const program = z
  .strictObject({
    file: localPath.describe('The program on this machine, relative to this file.'),
    sha256: z
      .string({ error: 'expected the SHA-256 of the file: 64 hexadecimal digits, in quotes' })
      .regex(/^[0-9A-Fa-f]{64}$/, { error: 'expected the SHA-256 of the file: 64 hexadecimal digits' })
      .describe('SHA-256 of the file; it is the name of the file on the hosts.'),
    requires: z
      .strictObject({
        cpu: z
          .array(z.string())
          .optional()
          .describe('CPU flags as /proc/cpuinfo spells them, such as `sha_ni`.'),
      })
      .optional()
      .describe('Requirements that a host must meet before the program is installed on it.'),
  })
  .meta({ id: 'program' });

/** The programs of a release. */
export const releasePrograms = {
  worker: program.optional().describe('The worker program.'),
  miner: program.optional().describe('The miner program.'),
};

/** The schema of a manifest file: its programs, and information about the build. */
export const releaseManifest = z.strictObject({
  ...releasePrograms,
  version: z.string().optional().describe('Version of the programs.'),
  revision: z.string().optional().describe('Commit from which they were built.'),
});

const release = z
  .strictObject({
    manifest: localPath
      .optional()
      .describe(
        'JSON or YAML file that a build writes, with the `worker` and `miner` of the release, their `version` and `revision`; paths in it are relative to it.',
      ),
    ...releasePrograms,
  })
  .meta({ id: 'release' });

const taskSet = z.union(
  [
    taskList,
    z.strictObject({
      tasks: taskList.describe('The task types.'),
      limits: limits.optional(),
      resources: resources.optional(),
      env: env.optional(),
    }),
  ],
  { error: 'expected a list of tasks, or a map with tasks and their limits, resources and env' },
);

const storageGroup = z.strictObject({
  members: z
    .array(z.string())
    .optional()
    .describe(
      'Hosts, or HOST/WORKER, whose sealing paths belong to the group: they take part in `Groups` and in `AllowTo`.',
    ),
  feeders: z
    .array(z.string())
    .optional()
    .describe('Hosts, or HOST/WORKER, whose sectors the group may fetch: it is added to their `AllowTo`.'),
});

const miner = z.strictObject({
  host: entryName.describe('Name of the host the miner runs on.'),
  managed: z.boolean().optional().meta({
    description:
      'False for an existing miner that sealctl must not change: sealctl only reads it and registers workers with it.',
    default: true,
  }),
  release: entryName
    .optional()
    .describe('Release whose miner program runs; absent means that of `defaults`.'),
  listen: hostPort.optional().meta({
    description: 'Address the API listens on.',
    default: '127.0.0.1:2345',
  }),
  advertise: hostPort
    .optional()
    .describe(
      'Address at which workers reach the API; required when `listen` is 0.0.0.0, absent means `listen`.',
    ),
  repo: absolutePath
    .optional()
    .describe("The miner's repo (`LOTUS_MINER_PATH`); absent means a directory of sealctl's own."),
  unit: workerLayerKeys.unit,
  runAs: account
    .optional()
    .describe("Account the miner runs as; absent means sealctl's own account on the host."),
  tasks: z
    .union([z.string(), taskList], { error: 'expected the name of a task set, or a list of tasks' })
    .optional()
    .meta({
      description: "Task types that the miner's built-in worker may run; `[]` delegates everything.",
      default: [],
    }),
  token: secretRef
    .optional()
    .describe(
      "The miner's admin token; absent means that sealctl reads it from the miner's repo when needed.",
    ),
  env: z
    .record(z.string(), envValue)
    .optional()
    .describe('Additional environment variables of the miner. `defaults.env` is for workers only.'),
  args: z.array(z.string()).optional().describe("Additional arguments of the miner's `run` command."),
  config: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .describe('Additional keys of the [Storage] section of config.toml, such as `Assigner`.'),
  ulimits: ulimits.optional(),
});

const hostsAtOnce = 'expected a number of hosts, at least 1, or a percentage from 1% to 100%';

const rollout = z.strictObject({
  maxUnavailable: z
    .union([z.int().min(1), z.string().regex(/^(100|[1-9]\d?)%$/, { error: hostsAtOnce })], {
      error: hostsAtOnce,
    })
    .optional()
    .meta({
      description: [
        'Hosts that may be down at once: a number, or a percentage of the hosts a plan interrupts.',
        'Unreachable hosts count; one host may always be interrupted.',
      ].join(' '),
      default: 1,
    }),
  canary: entryName.optional().describe('Host to change first; the others wait until it is healthy.'),
  order: z
    .array(entryName)
    .optional()
    .describe('Hosts to change first, in this order; the others follow in the order of the file.'),
  keepServing: z
    .record(taskName, z.int().min(1))
    .optional()
    .describe('Minimum number of available workers that offer a task type.'),
  healthyFor: duration.optional().meta({
    description: 'How long a changed worker must stay up before the next host starts.',
    default: '30s',
  }),
  pause: duration.optional().meta({
    description:
      'Pause between waves; with a pause, hosts are changed in the waves that the plan shows, not as soon as possible.',
    default: '0s',
  }),
});

/** The schema of cluster.yaml. The JSON Schema and the reference page are generated from its descriptions. */
export const clusterFile = z.strictObject({
  version: z
    .literal(1, { error: 'expected 1, the version of the format' })
    .describe('Version of the format: 1.'),
  include: z
    .array(localPath)
    .optional()
    .describe(
      'Other files to read, relative to this one. Their entries are added to those of this file; an entry may exist only once.',
    ),
  cluster: entryName.describe('Name of the cluster.'),
  actor: z
    .string()
    .regex(/^[ft]0\d+$/, { error: 'expected an ID address such as f01000' })
    .describe("The storage provider's actor address, such as `f01000`."),
  sectorSize: sectorSizeName.describe('Size of the sectors the cluster seals.'),
  releases: z
    .record(entryName, release)
    .optional()
    .describe('Programs that may run on hosts, by name; always with a digest, never "latest".'),
  taskSets: z
    .record(entryName, taskSet)
    .optional()
    .describe('Named lists of task types. A map may add limits, resources and env that come with the tasks.'),
  profiles: z
    .record(entryName, layer)
    .optional()
    .describe('Named bundles of host and worker keys, taken by `profile`.'),
  storageGroups: z
    .record(groupName, storageGroup)
    .optional()
    .describe('Hosts and workers that seal together; sets `Groups` and `AllowTo` of each sealing path.'),
  defaults: layer
    .extend({ profile: profileKey })
    .optional()
    .describe('Keys of hosts and workers that apply to all of them.'),
  miner: miner.describe('The coordinator of the cluster.'),
  hosts: z.record(entryName, host.nullable()).describe('The machines of the cluster, by name.'),
  rollout: rollout.optional().describe('How changes reach the hosts.'),
});

/** The schema of an included file, which may contain any part. */
export const clusterPart = clusterFile.partial();

export type ClusterFile = z.input<typeof clusterFile>;
