import { z } from 'zod';
import { list, map, orNull } from './answer-schema.ts';
import {
  fsStatSchema,
  sectorDeclarationSchema,
  sectorIdSchema,
  storageInfoSchema,
  storagePathSchema,
  workerInfoSchema,
  workerJobSchema,
  workerStatsSchema,
} from './rpc-values.ts';

/**
 * The schemas of daemons' answers, by method; the same for miners and workers. A method that is not
 * named is one whose answer nobody takes apart. Fields that are not named may be there, too.
 */
export const answerSchemas: Readonly<Record<string, z.ZodType>> = {
  Session: z.string(),
  ProcessSession: z.string(),
  ActorAddress: z.string(),
  ActorSectorSize: z.number(),
  Enabled: z.boolean(),
  Info: workerInfoSchema,
  TaskTypes: map(z.unknown()),
  Paths: orNull(list(storagePathSchema)),
  RunningCalls: list(
    z.looseObject({ ID: z.looseObject({ ID: z.string() }), Method: z.string(), StartedAt: z.string() }),
  ),
  WorkerStats: map(workerStatsSchema),
  WorkerJobs: orNull(map(orNull(list(workerJobSchema)))),
  StorageList: map(orNull(list(sectorDeclarationSchema))),
  StorageInfo: storageInfoSchema,
  StorageBestAlloc: list(storageInfoSchema),
  StorageStat: fsStatSchema,
  StorageLocal: map(z.string()),
  SectorsSummary: map(z.number()),
  SectorsList: orNull(list(z.number())),
  SectorsListInStates: orNull(list(z.number())),
  SectorsStatus: z.looseObject({
    SectorID: z.number(),
    State: z.string(),
    SealProof: z.number().nullish(),
    Log: list(z.looseObject({ Kind: z.string(), Timestamp: z.number() })),
  }),
  SealingSchedDiag: z.looseObject({
    SchedInfo: z.looseObject({
      Requests: list(z.looseObject({ Sector: sectorIdSchema, TaskType: z.string() })).nullish(),
    }),
  }),
  SealingTimes: list(z.looseObject({ Task: z.string(), Count: z.number(), MedianMs: z.number() })),
};
