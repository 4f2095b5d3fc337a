import { z } from 'zod';
import { sectorSizes } from '@sealctl/core/lotus/sector-size';
import { taskAliases } from '../task-names.ts';

/** Names of hosts, workers, releases, profiles and task sets, which can be used in file names, unit names and the command line. */
export const entryName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
  error:
    'a name starts with a letter or digit, followed by letters, digits, ".", "_" and "-", 63 characters at most',
});

/** Names of storage groups. Lotus takes any text, but its command line splits lists at commas. */
export const groupName = z
  .string()
  .regex(/^[^\s,\p{Cc}]+$/u, { error: 'the name of a group has no spaces, commas or control characters' });

/** A size with its unit, in powers of 1024, or a plain number of bytes. */
export const byteSize = z.union(
  [
    z
      .string()
      .regex(/^\d+(\.\d+)?\s*([KMGTPE]i?)?B?$/i, { error: 'expected a size such as 64GiB or 512MiB' }),
    z.int().nonnegative(),
  ],
  { error: 'expected a size such as 64GiB, or a whole number of bytes' },
);

/** A time with its unit. */
export const duration = z
  .string({ error: 'expected a time with its unit, such as 30s, 15m, 12h or 1h30m' })
  .regex(/^(\d+(\.\d+)?(ms|s|m|h|d))+$/, {
    error: 'expected a time with its unit, such as 30s, 15m, 12h or 1h30m',
  });

/** HOST:PORT, with brackets around an IPv6 host. */
export const hostPort = z
  .string({ error: 'expected HOST:PORT, such as 10.0.0.2:2345' })
  .regex(/^(\[[0-9A-Fa-f:.]+\]|[^\s:[\]/@]+):\d{1,5}$/, {
    error: 'expected HOST:PORT, such as 10.0.0.2:2345 or [fd00::2]:2345',
  });

export const absolutePath = z.string().regex(/^(?!.*\/\.\.?(\/|$))\/[^\p{Cc}]*$/u, {
  error: 'expected an absolute path on the host without "." and ".." in it, such as /mnt/nvme/seal',
});

export const localPath = z
  .string()
  .regex(/^[^\p{Cc}]+$/u, { error: 'expected the path of a file on this machine' });

/** The name of an account on a host. */
export const account = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]*\$?$/, { error: 'expected the name of an account' });

export const port = z.int({ error: 'expected a port, 1 to 65535' }).min(1).max(65535);

export const sectorSizeName = z.enum(sectorSizes.map((size) => size.name));

/** Any string, so that the loader can suggest the correct spelling; editors offer the exact spellings. */
export const taskName = z.string().meta({
  id: 'taskType',
  enum: taskAliases,
  description: 'A task type: its code, its long name, or its name on the wire.',
});

/** The source of a secret, never the secret itself. */
export const secretRef = z
  .union(
    [
      z.strictObject({
        env: z.string().min(1).describe('Environment variable of the machine sealctl runs on.'),
      }),
      z.strictObject({
        file: localPath.describe(
          'File on the machine sealctl runs on, relative to this file; one final newline is dropped.',
        ),
      }),
      z.strictObject({
        command: z
          .array(z.string())
          .min(1)
          .describe(
            'Program and arguments, run without a shell; its output, less one final newline, is the secret.',
          ),
      }),
    ],
    { error: 'expected a reference to a secret: {env: NAME}, {file: PATH} or {command: [PROGRAM, ...]}' },
  )
  .meta({ id: 'secret' });

/** A value of an environment variable. */
export const envValue = z.union([z.string(), z.number(), z.boolean(), secretRef], {
  error: 'expected a text, a number, true, false, or a reference to a secret',
});
