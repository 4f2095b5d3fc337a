import { anything, listOf, mapOf, maybe, number, object, text, yesOrNo, type Shape } from './shape.ts';

const sectorId = object({ Miner: number, Number: number });
const texts = maybe(listOf(text));

const workerInfo = object({
  Hostname: text,
  IgnoreResources: maybe(yesOrNo),
  Resources: object({
    MemPhysical: number,
    MemUsed: maybe(number),
    MemSwap: maybe(number),
    MemSwapUsed: maybe(number),
    CPUs: number,
    GPUs: texts,
    Resources: maybe(mapOf(maybe(mapOf(object({ MaxConcurrent: maybe(number) }))))),
  }),
});

const fsStat = object({
  Capacity: number,
  Available: number,
  FSAvailable: maybe(number),
  Reserved: maybe(number),
});

const storageInfo = object({
  ID: text,
  URLs: texts,
  Weight: number,
  MaxStorage: number,
  CanSeal: yesOrNo,
  CanStore: yesOrNo,
  Groups: texts,
  AllowTo: texts,
  AllowTypes: texts,
  DenyTypes: texts,
  AllowMiners: texts,
  DenyMiners: texts,
});

/**
 * What the answers of daemons must be like for those who read them, by method; the same for miners and workers. A method that is not
 * named is one whose answer nobody takes apart. The fields are those of rpc-values.ts and sealing-values.ts.
 */
export const answerShapes: Readonly<Record<string, Shape>> = {
  Session: text,
  ProcessSession: text,
  ActorAddress: text,
  ActorSectorSize: number,
  Enabled: yesOrNo,
  Info: workerInfo,
  TaskTypes: mapOf(anything),
  Paths: maybe(
    listOf(object({ ID: text, LocalPath: text, Weight: number, CanSeal: yesOrNo, CanStore: yesOrNo })),
  ),
  RunningCalls: listOf(object({ ID: object({ ID: text }), Method: text, StartedAt: text })),
  WorkerStats: mapOf(
    object({
      Info: workerInfo,
      Tasks: texts,
      Enabled: yesOrNo,
      MemUsedMin: number,
      MemUsedMax: number,
      GpuUsed: number,
      CpuUse: number,
      TaskCounts: maybe(mapOf(number)),
    }),
  ),
  WorkerJobs: maybe(
    mapOf(
      maybe(
        listOf(
          object({ ID: object({ ID: text }), Sector: sectorId, Task: text, RunWait: number, Start: text }),
        ),
      ),
    ),
  ),
  StorageList: mapOf(maybe(listOf(object({ Miner: number, Number: number, SectorFileType: number })))),
  StorageInfo: storageInfo,
  StorageBestAlloc: listOf(storageInfo),
  StorageStat: fsStat,
  StorageLocal: mapOf(text),
  SectorsSummary: mapOf(number),
  SectorsList: maybe(listOf(number)),
  SectorsListInStates: maybe(listOf(number)),
  SectorsStatus: object({
    SectorID: number,
    State: text,
    SealProof: maybe(number),
    Log: listOf(object({ Kind: text, Timestamp: number })),
  }),
  SealingSchedDiag: object({
    SchedInfo: object({ Requests: maybe(listOf(object({ Sector: sectorId, TaskType: text }))) }),
  }),
  SealingTimes: listOf(object({ Task: text, Count: number, MedianMs: number })),
};
