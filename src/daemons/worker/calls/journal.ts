import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Logger } from 'pino';
import { messageOf } from '@sealctl/core/problem/problem';
import { workerTaskMethods } from '@sealctl/core/lotus/worker-api';
import { writeWhole } from '../../base/repo-files.ts';

const recordSchema = z.object({
  call: z.object({ Sector: z.object({ Miner: z.number(), Number: z.number() }), ID: z.string() }),
  method: z.enum(workerTaskMethods),
  /** RFC 3339. */
  startedAt: z.string(),
  /** Present once the task has ended. */
  outcome: z
    .object({
      value: z.unknown(),
      error: z.object({ Code: z.number(), Message: z.string() }).nullable(),
    })
    .optional(),
});

/** A call that was accepted and whose result the miner has not acknowledged. */
export type CallRecord = z.infer<typeof recordSchema>;
export type CallOutcome = NonNullable<CallRecord['outcome']>;

/** The calls of a worker on disk. Each has its own file, which is replaced atomically, so that a written record survives any crash. */
export interface CallJournal {
  /** All recorded calls; a file that cannot be read is logged and left alone. */
  readonly read: () => Promise<CallRecord[]>;
  /** Returns once the record is on disk. */
  readonly write: (record: CallRecord) => Promise<void>;
  readonly forget: (id: string) => Promise<void>;
}

/** The journal in a directory. */
export function makeCallJournal(directory: string, log: Logger): CallJournal {
  const fileOf = (id: string): string => join(directory, `${id}.json`);
  return {
    async read() {
      await mkdir(directory, { recursive: true });
      const records: CallRecord[] = [];
      for (const name of await readdir(directory)) {
        if (!name.endsWith('.json')) continue; // an interrupted write; its call never started
        try {
          records.push(recordSchema.parse(JSON.parse(await readFile(join(directory, name), 'utf8'))));
        } catch (error) {
          log.error({ file: join(directory, name), why: messageOf(error) }, 'cannot read a call record');
        }
      }
      return records;
    },
    write: (record) => writeWhole(fileOf(record.call.ID), JSON.stringify(record), 0o600),
    forget: (id) => rm(fileOf(id), { force: true }),
  };
}
