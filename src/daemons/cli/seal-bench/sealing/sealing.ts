import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { randomFillSync } from 'node:crypto';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail } from '@sealctl/core/problem/problem';
import { cpuFeatures } from '../../../proofs/sealing.ts';
import type { Command } from '../../../lotus-cli/app.ts';
import { usage } from '../../../lotus-cli/flag.ts';
import {
  operationOptions,
  parentCacheDir,
  parentCacheFlag,
  sectorFlags,
  sectorSettings,
  threadFlags,
  wholeNumber,
} from '../settings.ts';
import { measureMachineSpeeds } from './machine-speeds.ts';
import { runPhases, type PhaseTime } from './phases.ts';
import { reportJson, reportTable } from './report.ts';

/** Measures the throughput of every phase and compares it to the machine's maximum. */
export const benchSealingCommand: Command = {
  name: 'sealing',
  usage: 'seal one sector of random data and compare each phase with the physical limits of this machine',
  flags: [
    ...sectorFlags.map((flag) =>
      flag.name === 'sector-size' && flag.type === 'string' ? { ...flag, default: '8MiB' } : flag,
    ),
    ...threadFlags,
    parentCacheFlag,
    {
      name: 'storage-dir',
      type: 'string',
      default: '',
      usage: 'directory for the sector; needs about 20 times its size; default: the temporary directory',
    },
    {
      name: 'sectors',
      type: 'int',
      default: 1,
      usage: 'sectors, 1 to 4, whose phase 1 runs side by side on one core',
    },
    { name: 'format', type: 'string', default: 'table', usage: 'table or json' },
  ],
  examples: [
    'seal-bench sealing --sector-size 8MiB',
    'seal-bench sealing --sector-size 512MiB --storage-dir /mnt/nvme --format json > sealing.json',
  ],
  run: async (invocation) => {
    const { flags, out, err } = invocation;
    const format = flags.text('format');
    if (format !== 'table' && format !== 'json')
      throw usage(
        '--format',
        `--format: unknown format '${format}'`,
        'write --format=table or --format=json',
      );
    const sectors = wholeNumber(flags, 'sectors');
    if (sectors < 1 || sectors > 4)
      throw usage('--sectors', `--sectors: ${sectors} is not from 1 to 4`, 'write --sectors=2');
    const settings = sectorSettings(invocation, false);
    const { proof } = settings;
    const options = operationOptions(invocation);
    const parent = flags.text('storage-dir') || tmpdir();
    await mkdir(parent, { recursive: true });
    const directory = await mkdtemp(join(parent, 'seal-bench-'));
    try {
      const machineSpeeds = measureMachineSpeeds();
      const phases: PhaseTime[] = [];
      await writeRandom(join(directory, 'data'), (proof.sectorBytes / 128) * 127);
      await runPhases({
        settings,
        sectors,
        directory,
        parentCacheDir: parentCacheDir(invocation),
        options,
        machineSpeeds,
        onPhase: (time) => {
          phases.push(time);
          err(`${time.phase} done\n`);
        },
      });
      for (const read of ['read', 'read-update'])
        await requireSame(join(directory, 'data'), join(directory, read));
      await requireSame(join(directory, 'sealed'), join(directory, 'key-again'));
      const report = {
        sectorBytes: proof.sectorBytes,
        proof: proof.name,
        threads: options.threads?.count ?? 1,
        cpu: cpus()[0]?.model ?? 'unknown CPU',
        cpuFeatures: cpuFeatures(),
        machineSpeeds,
        phases,
      };
      out(format === 'json' ? reportJson(report) : reportTable(report));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function writeRandom(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx');
  try {
    const chunk = Buffer.alloc(Math.min(bytes, 8 * 1024 * 1024));
    for (let written = 0; written < bytes;) {
      randomFillSync(chunk);
      const { bytesWritten } = await file.write(chunk, 0, Math.min(chunk.length, bytes - written));
      written += bytesWritten;
    }
  } finally {
    await file.close();
  }
}

/** Rejects unless both files are equal: a benchmark of wrong results would be useless. */
async function requireSame(expected: string, actual: string): Promise<void> {
  const other = createReadStream(actual)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for await (const chunk of createReadStream(expected) as AsyncIterable<Buffer>) {
    const { value } = await other.next();
    if (!Buffer.isBuffer(value) || !chunk.equals(value))
      throw fail({
        code: 'wrong-result',
        summary: `${actual} differs from ${expected}`,
        why: 'the kernels computed a wrong result on this machine',
        fix: 'check memory and disk; if they are healthy, report this with the CPU model',
      });
  }
}
