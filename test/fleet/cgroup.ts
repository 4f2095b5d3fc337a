import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './until.ts';

/** What a host's power can be in. */
export type Power = 'on' | 'off' | 'frozen';

const mount = '/sys/fs/cgroup';

/** Where cgroup v2 is mounted: alone, or beside v1 in the hybrid layout; undefined where it is not. */
export function unifiedHierarchy(): string | undefined {
  return [mount, join(mount, 'unified')].find((path) => existsSync(join(path, 'cgroup.controllers')));
}

/** Makes the host's group in each hierarchy that systemd-nspawn follows its processes in, and gives their paths. */
export function makeGroups(machine: string): string[] {
  const groups = hierarchies().map((hierarchy) => join(hierarchy, machine));
  for (const group of groups) mkdirSync(group, { recursive: true });
  return groups;
}

export function powerOf(machine: string): Power {
  const file = join(v2Group(machine), 'cgroup.events');
  if (!existsSync(file)) return 'off';
  const events = readFileSync(file, 'utf8');
  if (!events.includes('populated 1')) return 'off';
  return events.includes('frozen 1') ? 'frozen' : 'on';
}

/** Stops or resumes every process of the host, and waits until the kernel says it is so. */
export async function setFrozen(machine: string, frozen: boolean): Promise<void> {
  writeFileSync(join(v2Group(machine), 'cgroup.freeze'), frozen ? '1' : '0');
  const wanted = frozen ? 'frozen' : 'on';
  await until(`${machine} ${wanted}`, 10_000, () => powerOf(machine) === wanted || undefined);
}

/** SIGKILL to every process of the host at once, and its groups removed. */
export async function killGroups(machine: string): Promise<void> {
  const group = v2Group(machine);
  if (existsSync(group)) {
    writeFileSync(join(group, 'cgroup.freeze'), '0');
    writeFileSync(join(group, 'cgroup.kill'), '1');
    await until(`${machine} dead`, 20_000, () => powerOf(machine) === 'off' || undefined);
  }
  for (const hierarchy of hierarchies()) await removeTree(join(hierarchy, machine));
}

/** The machines, ours or not, that have a group at the top of a hierarchy. */
export function groupNames(): string[] {
  const names = hierarchies().flatMap((hierarchy) =>
    readdirSync(hierarchy, { withFileTypes: true }).filter((entry) => entry.isDirectory()),
  );
  return [...new Set(names.map((entry) => entry.name))];
}

function hierarchies(): string[] {
  const unified = unifiedHierarchy();
  if (unified === undefined) throw new Error('no cgroup v2 is mounted');
  const named = join(mount, 'systemd');
  return unified !== mount && existsSync(join(named, 'cgroup.procs')) ? [unified, named] : [unified];
}

function v2Group(machine: string): string {
  const unified = unifiedHierarchy();
  if (unified === undefined) throw new Error('no cgroup v2 is mounted');
  return join(unified, machine);
}

/** The kernel lets a group go only some moments after its last process has been reaped. */
async function removeTree(group: string): Promise<void> {
  await until(`${group} removed`, 20_000, () => tryRemove(group) || undefined);
}

function tryRemove(group: string): boolean {
  if (!existsSync(group)) return true;
  const children = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (!children.every((child) => tryRemove(join(group, child.name)))) return false;
  try {
    rmdirSync(group);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EBUSY' || error.code === 'ENOENT'))
      return !existsSync(group);
    throw error;
  }
}
