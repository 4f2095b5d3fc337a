/** The CPUs of a Linux CPU list such as `0-3,8`. Parts that are no range are left out: validation has refused them earlier. */
export function cpuSet(list: string): Set<number> {
  const cpus = new Set<number>();
  for (const part of list.split(',')) {
    const match = /^\s*(?<first>\d+)(?:-(?<last>\d+))?\s*$/.exec(part);
    const first = Number(match?.groups?.['first']);
    const last = Number(match?.groups?.['last'] ?? first);
    // A kernel has at most 8192 CPUs: a larger range is a mistake that must not fill memory.
    for (let cpu = first; cpu <= Math.min(last, 8191); cpu += 1) cpus.add(cpu);
  }
  return cpus;
}

/** The highest CPU of a list, without counting all the others; -1 for an empty list. */
export function highestCpu(list: string): number {
  let highest = -1;
  for (const number of list.match(/\d+/g) ?? []) highest = Math.max(highest, Number(number));
  return highest;
}

/** The shortest list of these CPUs. */
export function cpuList(cpus: ReadonlySet<number>): string {
  const sorted = [...cpus].sort((a, b) => a - b);
  const ranges: string[] = [];
  let first: number | undefined;
  for (const [index, cpu] of sorted.entries()) {
    first ??= cpu;
    if (sorted[index + 1] === cpu + 1) continue;
    ranges.push(first === cpu ? String(cpu) : `${first}-${cpu}`);
    first = undefined;
  }
  return ranges.join(',');
}
