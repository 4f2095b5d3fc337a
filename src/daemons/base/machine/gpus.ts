import { execa } from 'execa';
import type { Environment } from '@sealctl/core/lotus/resource-env';

/** A GPU as the driver names it. */
export interface Gpu {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
}

/** The GPUs that were found, and why the list may be incomplete. */
export interface GpuReport {
  readonly gpus: readonly Gpu[];
  /** Present when nvidia-smi is installed and fails. */
  readonly complaint?: string;
}

const timeoutMs = 15_000;

/** The NVIDIA GPUs this process may use: those that `nvidia-smi` lists, restricted by the environment. None without `nvidia-smi`. */
export async function readGpus(env: Environment = process.env): Promise<GpuReport> {
  const result = await execa('nvidia-smi', ['--query-gpu=index,uuid,name', '--format=csv,noheader'], {
    reject: false,
    timeout: timeoutMs,
    stdin: 'ignore',
    env: { PATH: env['PATH'] ?? '' },
  });
  if (result.code === 'ENOENT') return { gpus: [] };
  if (result.failed)
    return { gpus: [], complaint: result.stderr || result.stdout || (result.shortMessage ?? 'it failed') };
  return { gpus: visibleGpus(parseGpus(result.stdout), env) };
}

/** Parses the output of `nvidia-smi --query-gpu=index,uuid,name --format=csv,noheader`. */
export function parseGpus(csv: string): Gpu[] {
  return csv.split('\n').flatMap((line) => {
    const match = /^\s*(?<index>\d+)\s*,\s*(?<uuid>[^,]+?)\s*,\s*(?<name>.+?)\s*$/.exec(line);
    return match === null
      ? []
      : [
          {
            index: Number(match.groups?.['index']),
            uuid: match.groups?.['uuid'] ?? '',
            name: match.groups?.['name'] ?? '',
          },
        ];
  });
}

/**
 * Restricts GPUs to those that the environment makes visible. CUDA_VISIBLE_DEVICES has precedence: indices or UUID prefixes. As in CUDA,
 * the first entry that matches no GPU ends the list. Otherwise NVIDIA_VISIBLE_DEVICES can exclude all GPUs or select UUIDs; its indices are
 * ignored, since the container runtime has already applied them.
 */
export function visibleGpus(gpus: readonly Gpu[], env: Environment): readonly Gpu[] {
  const cuda = env['CUDA_VISIBLE_DEVICES'];
  if (cuda !== undefined) return named(gpus, cuda.split(','));
  const runtime = env['NVIDIA_VISIBLE_DEVICES'];
  if (runtime === undefined || runtime === 'all') return gpus;
  if (runtime === '' || runtime === 'none' || runtime === 'void') return [];
  const uuids = runtime.split(',').map((entry) => entry.trim());
  return uuids.every((entry) => entry.startsWith('GPU-')) ? named(gpus, uuids) : gpus;
}

function named(gpus: readonly Gpu[], entries: readonly string[]): Gpu[] {
  const chosen: Gpu[] = [];
  for (const entry of entries.map((text) => text.trim())) {
    const gpu = gpus.find((candidate) =>
      entry.startsWith('GPU-') ? candidate.uuid.startsWith(entry) : String(candidate.index) === entry,
    );
    if (gpu === undefined) break;
    if (!chosen.includes(gpu)) chosen.push(gpu);
  }
  return chosen;
}
