import type { ProcessFact } from '../../../src/sealctl/host/probe/facts.ts';
import { parseEnvironmentFile } from '../../../src/sealctl/kinds/daemon/environment-file.ts';
import type { IndexedPath, ObservedWorker } from '../../../src/sealctl/model/observed.ts';
import {
  impliedTasks,
  inTaskOrder,
  taskByName,
  taskNameOf,
  type TaskCode,
} from '../../../src/core/lotus/task-type.ts';
import {
  formatStorageList,
  parseSectorStore,
  parseStorageList,
} from '../../../src/core/lotus/storage-files.ts';
import type { WorkerOperation } from '../../../src/sealctl/host/operations/operation.ts';
import type { ModelHost } from './host.ts';
import { shellWords, unitWords } from './words.ts';

/** What a unit file or a supervisor's definition says. */
export interface Definition {
  readonly argv: readonly string[];
  readonly environmentFile: string;
  readonly nofile: number;
  readonly cpus: string | undefined;
}

/** A daemon of a model host: its service and, while it runs, what a Lotus worker with these flags and files would be and say. */
export class ModelDaemon {
  readonly #host: ModelHost;
  #loaded: string | undefined;
  #enabled = false;
  #process: ProcessFact | undefined;
  #tasks = new Set<string>();
  #paths = new Map<string, IndexedPath>();
  #argv: readonly string[] = [];

  constructor(host: ModelHost) {
    this.#host = host;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** The text the service manager goes by. */
  get loaded(): string | undefined {
    return this.#loaded;
  }

  get process(): ProcessFact | undefined {
    return this.#process;
  }

  load(text: string | undefined): void {
    this.#loaded = text;
  }

  loadFirst(text: string): void {
    this.#loaded ??= text;
  }

  start(moment: number, manager: 'systemd' | 'supervisor'): void {
    this.#enabled = true;
    if (this.#process !== undefined || this.#loaded === undefined) return;
    const definition = manager === 'systemd' ? readUnit(this.#loaded) : readRun(this.#loaded);
    const environment = this.#host.files.get(definition.environmentFile);
    const program = this.#host.files.get(definition.argv[0] ?? '');
    if (environment?.type !== 'file' || program?.type !== 'link')
      throw new Error('the service fails to start');
    const { cpus, nofileHard } = this.#host.hardware;
    const nofile = Math.min(definition.nofile, nofileHard);
    this.#argv = definition.argv;
    this.#process = {
      pid: 1000 + moment,
      exe: program.target,
      nofile: { soft: nofile, hard: nofile },
      environ: parseEnvironmentFile(environment.content),
      cpus: definition.cpus ?? `0-${cpus - 1}`,
      startedAtS: moment,
    };
    this.#tasks = new Set(acceptedBy(definition.argv));
    this.#paths = new Map(this.#listed().map((path) => [path, this.#read(path)]));
  }

  stop(): void {
    this.#enabled = false;
    this.#process = undefined;
    this.#tasks = new Set();
    this.#paths = new Map();
  }

  /** What it says over its RPC. */
  observed(): ObservedWorker | { readonly unreachable: string } {
    if (this.#process === undefined) return { unreachable: 'connection refused' };
    return {
      session: `session-${this.#host.name}-${this.#process.pid}`,
      label: this.#argv.find((word) => word.startsWith('--name='))?.slice('--name='.length) ?? '',
      tasks: inTaskOrder([...this.#tasks].flatMap((name) => taskByName(name)?.code ?? [])).map(taskNameOf),
      paths: [...this.#paths].map(([localPath, { id, weight, canSeal, canStore }]) => ({
        id,
        localPath,
        weight,
        canSeal,
        canStore,
      })),
      enabled: true,
    };
  }

  /** What the miner's index has of its paths. */
  declared(): readonly IndexedPath[] {
    return [...this.#paths.values()];
  }

  /** Its RPC, as far as it changes something. */
  tell(operation: WorkerOperation): void {
    if (this.#process === undefined) throw new Error('connection refused');
    switch (operation.do) {
      case 'cordon':
        for (const name of this.#tasks) if (taskByName(name)?.toggle === true) this.#tasks.delete(name);
        return;
      case 'set-tasks':
        for (const name of operation.disable) this.#tasks.delete(name);
        for (const name of operation.enable) this.#tasks.add(name);
        return;
      case 'redeclare':
        for (const [path, { id }] of this.#paths) {
          if (id === operation.storageId) this.#paths.set(path, this.#read(path));
        }
        return;
      case 'attach':
        if (this.#paths.has(operation.path)) throw new Error(`${operation.path} is attached already`);
        this.#paths.set(operation.path, this.#read(operation.path));
        this.#list([...this.#listed(), operation.path]);
        return;
      case 'detach':
        this.#paths.delete(operation.path);
        this.#list(this.#listed().filter((path) => path !== operation.path));
        return;
      case 'await-registered': {
        const wanted = new Set(operation.tasks);
        const open = operation.storagePaths.every((path) => this.#paths.has(path));
        const same = wanted.size === this.#tasks.size && [...wanted].every((name) => this.#tasks.has(name));
        if (!same || !open) throw new Error('the miner never lists the worker as it should be');
        return;
      }
      case 'drain':
      case 'await-miner':
        return;
    }
  }

  #listFile(): string {
    return `${this.#process?.environ.get('LOTUS_WORKER_PATH') ?? ''}/storage.json`;
  }

  #listed(): string[] {
    const file = this.#host.files.get(this.#listFile());
    if (file?.type !== 'file') return [];
    return (parseStorageList(file.content).StoragePaths ?? []).map(({ Path }) => Path);
  }

  #list(paths: readonly string[]): void {
    this.#host.edit(this.#listFile(), formatStorageList({ StoragePaths: paths.map((Path) => ({ Path })) }));
  }

  #read(path: string): IndexedPath {
    const file = this.#host.files.get(`${path}/sectorstore.json`);
    if (file?.type !== 'file') throw new Error(`${path} has no sectorstore.json`);
    const store = parseSectorStore(file.content);
    return {
      id: store.ID,
      weight: store.Weight,
      maxStorageBytes: store.MaxStorage,
      canSeal: store.CanSeal,
      canStore: store.CanStore,
      groups: store.Groups ?? [],
      allowTo: store.AllowTo ?? [],
      allowTypes: store.AllowTypes ?? [],
      denyTypes: store.DenyTypes ?? [],
      allowMiners: store.AllowMiners ?? [],
      denyMiners: store.DenyMiners ?? [],
    };
  }
}

function readUnit(text: string): Definition {
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];
  return {
    argv: unitWords(value('ExecStart') ?? ''),
    environmentFile: value('EnvironmentFile') ?? '',
    nofile: Number(value('LimitNOFILE')),
    cpus: value('CPUAffinity'),
  };
}

function readRun(text: string): Definition {
  const value = (key: string) => {
    const line = new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];
    return line === undefined ? undefined : (shellWords(line)[0] ?? '');
  };
  const words = /^set --(.*)$/m.exec(text)?.[1] ?? '';
  return {
    argv: [value('program') ?? '', ...shellWords(words)],
    environmentFile: value('environment') ?? '',
    nofile: Number(value('nofile')),
    cpus: value('cpus'),
  };
}

/** Lotus's own reading of its flags. Source: docs/spec/lotus.md section 3.3. */
const flags: Readonly<Record<string, TaskCode>> = {
  addpiece: 'AP',
  precommit1: 'PC1',
  unseal: 'UNS',
  precommit2: 'PC2',
  commit: 'C2',
  'replica-update': 'RU',
  'prove-replica-update2': 'PR2',
  'regen-sector-key': 'GSK',
};

/** Full names of the tasks that Lotus accepts with this command line. */
export function acceptedBy(argv: readonly string[]): string[] {
  const set = new Map<string, boolean>();
  for (const word of argv) {
    const match = /^--(?<flag>[a-z0-9-]+)(?:=(?<value>true|false))?$/.exec(word);
    if (match?.groups?.['flag'] !== undefined)
      set.set(match.groups['flag'], match.groups['value'] !== 'false');
  }
  if (set.get('windowpost') === true) return [taskNameOf('WDP')];
  if (set.get('winningpost') === true) return [taskNameOf('WNP')];
  const optIn = set.get('no-default') === true;
  const codes = Object.entries(flags).flatMap(([flag, code]) => ((set.get(flag) ?? !optIn) ? [code] : []));
  const datacid = !optIn && (set.get('data-cid') ?? codes.includes('AP'));
  return [
    ...impliedTasks,
    ...codes,
    ...(datacid ? (['DC'] as const) : []),
    ...(set.get('sector-download') === true ? (['DL'] as const) : []),
  ].map(taskNameOf);
}
