import type { HostFacts } from './facts.ts';

/** Sections of `head -v` over kernel files, by file. The kernel itself escapes line breaks in them. */
export function kernelTexts(text: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const heading = /(?:^|\n)==> (?<file>\/[^\n]*) <==\n/g;
  const found = [...text.matchAll(heading)];
  for (const [index, match] of found.entries()) {
    const end = found[index + 1]?.index ?? text.length;
    texts.set(match.groups?.['file'] ?? '', text.slice(match.index + match[0].length, end));
  }
  return texts;
}

/** Features of the first CPU: `flags` on x86, `Features` on Arm. */
export function cpuFlags(texts: ReadonlyMap<string, string>): ReadonlySet<string> {
  const line = /^(?:flags|Features)\s*:(?<flags>.*)$/m.exec(texts.get('/proc/cpuinfo') ?? '');
  return new Set((line?.groups?.['flags'] ?? '').split(/\s+/).filter((flag) => flag !== ''));
}

/** Highest CPU number online, plus one. */
export function cpuCount(texts: ReadonlyMap<string, string>): number {
  const numbers = texts.get('/sys/devices/system/cpu/online')?.match(/\d{1,5}/g) ?? [];
  return Math.max(1, ...numbers.map((number) => Number(number) + 1));
}

export function memoryBytes(texts: ReadonlyMap<string, string>): number {
  const line = /^MemTotal:\s*(?<kib>\d{1,15}) kB$/m.exec(texts.get('/proc/meminfo') ?? '');
  return Number(line?.groups?.['kib'] ?? 0) * 1024;
}

/** Bit of CAP_SYS_RESOURCE in a capability mask, which lets a process raise limits. Source: linux/capability.h. */
const capSysResource = 1n << 24n;

/**
 * Open files the kernel lets a daemon have. A manager with CAP_SYS_RESOURCE may go up to fs.nr_open, but only in the first user
 * namespace: containers show the capability and still may not.
 */
export function hostNofile(texts: ReadonlyMap<string, string>, systemd: boolean): number {
  const manager = systemd ? '/proc/1' : '/proc/self';
  const hard = nofileLimits(texts.get(`${manager}/limits`) ?? '').hard;
  const mask = /^CapEff:\s*(?<mask>[0-9a-f]{1,32})$/m.exec(texts.get(`${manager}/status`) ?? '');
  const capable = (BigInt(`0x${mask?.groups?.['mask'] ?? '0'}`) & capSysResource) !== 0n;
  const initialNamespace = /^\s*0\s+0\s+4294967295\s*$/.test(texts.get('/proc/self/uid_map') ?? '');
  const open = /^\d{1,15}/.exec(texts.get('/proc/sys/fs/nr_open') ?? '');
  return capable && initialNamespace && open !== null ? Math.max(hard, Number(open[0])) : hard;
}

/** The line of /proc/PID/limits about open files. */
export function nofileLimits(procLimits: string): { readonly soft: number; readonly hard: number } {
  const line = /^Max open files\s+(?<soft>\d{1,15}|unlimited)\s+(?<hard>\d{1,15}|unlimited)\s/m.exec(
    procLimits,
  );
  const number = (text: string | undefined) =>
    text === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(text ?? 0);
  return { soft: number(line?.groups?.['soft']), hard: number(line?.groups?.['hard']) };
}

/** GPUs from `/proc/driver/nvidia/gpus/*` in the order of their bus addresses, or from `nvidia-smi -L`; both count alike. */
export function gpusOf(from: 'kernel' | 'smi', text: string): HostFacts['gpus'] {
  if (from === 'smi') {
    return [...text.matchAll(/^GPU (?<index>\d{1,4}): (?<name>.*) \(UUID: (?<uuid>[^)\s]*)\)$/gm)].map(
      ({ groups }) => ({
        index: Number(groups?.['index']),
        uuid: groups?.['uuid'] ?? '',
        name: groups?.['name'] ?? '',
      }),
    );
  }
  const names = [...text.matchAll(/^Model:\s*(?<name>.*?)\s*$/gm)].map(
    ({ groups }) => groups?.['name'] ?? '',
  );
  const uuids = [...text.matchAll(/^GPU UUID:\s*(?<uuid>\S*)\s*$/gm)].map(
    ({ groups }) => groups?.['uuid'] ?? '',
  );
  return uuids.map((uuid, index) => ({ index, uuid, name: names[index] ?? '' }));
}
