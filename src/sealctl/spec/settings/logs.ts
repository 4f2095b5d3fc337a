import { z } from 'zod';
import { parseBytes } from '@sealctl/core/text/units';
import { byteSize } from '../schema/scalars.ts';
import { hostSetting } from './host-setting.ts';

/** How much of the daemons' logs a host keeps. */
export interface LogsSpec {
  /** Size in bytes above which a log file is rotated. */
  readonly maxSizeBytes: number;
  /** Number of rotated files to keep in addition to the current one. */
  readonly keep: number;
}

/** journald does not make files smaller than 512 KiB. Source: systemd, src/libsystemd/sd-journal/journal-file.h. */
const minSizeBytes = 2 ** 20;
const maxKeep = 1000;

export const logs = hostSetting({
  schema: z
    .strictObject({
      maxSize: byteSize
        .refine((size) => (parseBytes(size) ?? 0) >= minSizeBytes, {
          error: 'expected a size of 1MiB or more',
        })
        .optional()
        .meta({ description: 'Size above which a log file is rotated.', default: '64MiB' }),
      keep: z
        .int()
        .min(1)
        .max(maxKeep)
        .optional()
        .meta({ description: 'Number of rotated files to keep in addition to the current one.', default: 1 }),
    })
    .meta({
      id: 'logs',
      description:
        "Rotation of the daemons' logs: limits of the host's whole journal or, with the supervisor, of the files of each daemon. Absent means the limits of journald, or 64MiB and 1. A change restarts no daemon.",
    }),
  read: ({ maxSize, keep }): LogsSpec => ({
    maxSizeBytes: (maxSize === undefined ? undefined : parseBytes(maxSize)) ?? 64 * 2 ** 20,
    keep: keep ?? 1,
  }),
});
