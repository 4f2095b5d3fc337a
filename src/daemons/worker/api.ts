import { z } from 'zod';
import { workerApiVersion, zeroUuid, type WorkerInfo } from '@sealctl/core/lotus/rpc-values';
import { taskByName, type TaskName } from '@sealctl/core/lotus/task-type';
import type { WorkerApi } from '@sealctl/core/lotus/worker-api';
import { servedMethods, type Methods, type MethodsOf } from '../base/rpc/method.ts';
import type { PushStreams } from '../base/rpc/push-streams.ts';
import type { LocalStorage } from '../base/storage/local-storage.ts';
import type { Calls } from './calls/calls.ts';
import { taskMethods } from './tasks/task-methods.ts';
import type { TaskDeps } from './tasks/task-deps.ts';

/** State that changes while a worker runs. */
export interface WorkerState {
  /** UUID of this process. */
  readonly session: string;
  readonly tasks: Set<TaskName>;
  enabled: boolean;
  closing: boolean;
}

/** The parts of the daemon that the methods use. */
export interface WorkerParts {
  readonly state: WorkerState;
  readonly storage: LocalStorage;
  readonly calls: Calls;
  readonly deps: TaskDeps;
  readonly pushes: PushStreams;
  readonly describe: () => Promise<WorkerInfo>;
  /** Called once, by the first `Shutdown`. */
  readonly shutdown: () => void;
  /** Called once the miner has been told that this worker closes. */
  readonly onFarewell: () => void;
}

const text = z.string();
const flag = z.boolean();
const callId = z.object({
  Sector: z.object({ Miner: z.number(), Number: z.number() }),
  ID: z.string(),
});
const admin = 'admin' as const;

/** The worker's methods, served under `Filecoin.`; each requires `admin`. */
export function workerMethods(parts: WorkerParts): Methods {
  const { state, storage, calls } = parts;
  const methods: MethodsOf<WorkerApi> = {
    Version: { permission: admin, params: [], run: () => workerApiVersion },
    Session: {
      permission: admin,
      params: [],
      run: () => {
        if (state.closing) {
          parts.onFarewell();
          return zeroUuid;
        }
        if (!state.enabled) throw new Error('worker disabled');
        return state.session;
      },
    },
    ProcessSession: { permission: admin, params: [], run: () => state.session },
    Info: { permission: admin, params: [], run: parts.describe },
    TaskTypes: {
      permission: admin,
      params: [],
      run: () => Object.fromEntries([...state.tasks].map((task) => [task, {}])),
    },
    Paths: { permission: admin, params: [], run: () => storage.paths() },
    TaskEnable: {
      permission: admin,
      params: [text],
      run: ([task]) => {
        state.tasks.add(knownTask(task));
        return null;
      },
    },
    TaskDisable: {
      permission: admin,
      params: [text],
      run: ([task]) => {
        state.tasks.delete(knownTask(task));
        return null;
      },
    },
    SetEnabled: {
      permission: admin,
      params: [flag],
      run: ([enabled]) => {
        state.enabled = enabled;
        return null;
      },
    },
    Enabled: { permission: admin, params: [], run: () => state.enabled },
    WaitQuiet: {
      permission: admin,
      params: [],
      run: async (_, { signal }) => {
        await calls.quiet(signal);
        return null;
      },
    },
    RunningCalls: { permission: admin, params: [], run: () => calls.running() },
    AbortCall: { permission: admin, params: [callId], run: ([{ ID }]) => calls.abort(ID) },
    StorageLocal: {
      permission: admin,
      params: [],
      run: () => Object.fromEntries(storage.paths().map(({ ID, LocalPath }) => [ID, LocalPath])),
    },
    StorageAddLocal: {
      permission: admin,
      params: [text],
      run: async ([path]) => {
        await storage.attach(path);
        return null;
      },
    },
    StorageDetachLocal: {
      permission: admin,
      params: [text],
      run: async ([path]) => {
        await storage.detach(path);
        return null;
      },
    },
    StorageDetachAll: {
      permission: admin,
      params: [],
      run: async () => {
        await storage.detachAll();
        return null;
      },
    },
    StorageRedeclareLocal: {
      permission: admin,
      params: [text.nullable(), flag],
      run: async ([id, dropMissing]) => {
        await storage.redeclare(id, dropMissing);
        return null;
      },
    },
    Shutdown: {
      permission: admin,
      params: [],
      run: () => {
        if (state.closing) throw new Error('the worker is already closing');
        state.closing = true;
        parts.shutdown();
        return null;
      },
    },
  };
  return { ...servedMethods(methods), ...taskMethods(calls, parts.deps, parts.pushes) };
}

function knownTask(name: string): TaskName {
  const type = taskByName(name);
  if (type === undefined) throw new Error(`unknown task type '${name}'`);
  return type.name;
}
