/** One key of `config.toml`. */
export type ConfigKey = { readonly doc: string } & (
  | { readonly type: 'string'; readonly default: string; readonly oneOf?: readonly string[] }
  | { readonly type: 'int'; readonly default: number }
  | { readonly type: 'bool'; readonly default: boolean }
  | { readonly type: 'Duration'; readonly default: string }
);

function allow(task: string): { readonly type: 'bool'; readonly default: boolean; readonly doc: string } {
  return {
    type: 'bool',
    default: true,
    doc: `Whether the miner's built-in worker takes ${task} tasks itself.`,
  };
}

/** The keys this miner reads: sections [API] and [Storage] of Lotus's `config.toml` (docs/spec/lotus.md section 4.5), and two of its own. */
export const configKeys = {
  API: {
    ListenAddress: {
      type: 'string',
      default: '/ip4/127.0.0.1/tcp/2345/http',
      doc: 'Address the API binds to, as a multiaddr. It is what the repo file api holds.',
    },
    RemoteListenAddress: {
      type: 'string',
      default: '127.0.0.1:2345',
      doc: 'HOST:PORT at which workers reach this miner to fetch sector files from its storage paths.',
    },
    Timeout: {
      type: 'Duration',
      default: '30s',
      doc: 'How long a client may take to send its request headers.',
    },
  },
  Storage: {
    ParallelFetchLimit: {
      type: 'int',
      default: 10,
      doc: 'How many sector files the miner fetches at the same time.',
    },
    AllowSectorDownload: allow('sector download (DL)'),
    AllowAddPiece: allow('AddPiece (AP) and DataCid (DC)'),
    AllowPreCommit1: allow('PreCommit1 (PC1)'),
    AllowPreCommit2: allow('PreCommit2 (PC2)'),
    AllowCommit: allow('Commit2 (C2)'),
    AllowUnseal: allow('Unseal (UNS)'),
    AllowReplicaUpdate: allow('ReplicaUpdate (RU)'),
    AllowProveReplicaUpdate2: allow('ProveReplicaUpdate2 (PR2)'),
    AllowRegenSectorKey: allow('RegenSectorKey (GSK)'),
    LocalWorkerName: {
      type: 'string',
      default: '',
      doc: 'Name of the built-in worker in listings; empty means the host name.',
    },
    Assigner: {
      type: 'string',
      default: 'utilization',
      oneOf: [
        'utilization',
        'spread',
        'experiment-spread-qcount',
        'experiment-spread-tasks',
        'experiment-spread-tasks-qcount',
        'experiment-random',
      ],
      doc: 'How tasks are assigned to workers.',
    },
    DisallowRemoteFinalize: {
      type: 'bool',
      default: false,
      doc: 'Finalize only on workers that hold both the sealing data and a long-term storage path.',
    },
    ResourceFiltering: {
      type: 'string',
      default: 'hardware',
      oneOf: ['hardware', 'disabled'],
      doc: 'Whether the built-in worker takes only tasks its hardware has capacity for: hardware or disabled.',
    },
  },
  Scheduler: {
    WorkerLease: {
      type: 'Duration',
      default: '5m',
      doc: 'How long a worker may be silent before its tasks go back to the queue. Not in Lotus.',
    },
    Patience: {
      type: 'Duration',
      default: '1h',
      doc: 'How long tasks of a type and priority may be passed over before one of them goes before all others, and a worker is reserved for it. Not in Lotus.',
    },
    TransferRate: {
      type: 'int',
      default: 100,
      doc: 'MiB a second at which files move between hosts, for weighing a move against waiting. Not in Lotus.',
    },
  },
  LocalChain: {
    BlockDelay: {
      type: 'Duration',
      default: '30s',
      doc: 'Length of an epoch of the local randomness source that stands for a chain. Not in Lotus.',
    },
    PreCommitChallengeDelay: {
      type: 'int',
      default: 150,
      doc: 'Epochs from the pre-commitment of a sector to its seed. Not in Lotus.',
    },
    MessageConfidence: {
      type: 'int',
      default: 5,
      doc: 'Epochs until a message counts as landed. Not in Lotus.',
    },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, ConfigKey>>>>;

type Keys = typeof configKeys;
type ValueOf<Key extends ConfigKey> = Key extends { type: 'int' }
  ? number
  : Key extends { type: 'bool' }
    ? boolean
    : string;

/** The values of every key. */
export type MinerConfig = {
  readonly [Section in keyof Keys]: {
    readonly [Name in keyof Keys[Section]]: Keys[Section][Name] extends ConfigKey
      ? ValueOf<Keys[Section][Name]>
      : never;
  };
};

/** The environment variable that overrides a key, such as `LOTUS_API_LISTENADDRESS`. */
export function configVariable(section: string, name: string): string {
  return `LOTUS_${section.toUpperCase()}_${name.toUpperCase()}`;
}

/** Every key with its section and name, in the order of the file. */
export function eachConfigKey(): {
  readonly section: string;
  readonly name: string;
  readonly key: ConfigKey;
}[] {
  return Object.entries(configKeys).flatMap(([section, keys]) =>
    Object.entries(keys).map(([name, key]) => ({ section, name, key: key as ConfigKey })),
  );
}
