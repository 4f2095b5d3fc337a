import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Network } from './network.ts';
import { fleetFolder } from './places.ts';

/** A disk of limited size, mounted at `path` in the host; it keeps its content while the fleet exists. */
export interface DataDisk {
  readonly path: string;
  /** In the words of tmpfs(5), such as `64m`. */
  readonly size: string;
}

export interface HostRecord {
  readonly name: string;
  /** From 1; makes the address. */
  readonly number: number;
  readonly disks: readonly DataDisk[];
}

/** What is known of a fleet beyond what its names say; lies in its folder, so that any process can go on with it. */
export interface FleetRecord {
  readonly fleet: string;
  readonly base: string;
  readonly network: Network;
  /** Whether the controller's namespace was made for this fleet alone. */
  readonly ownController: boolean;
  readonly hosts: readonly HostRecord[];
}

interface Owner {
  readonly pid: number;
  /** Start of that process in clock ticks since boot: a pid alone comes back. */
  readonly startTicks: string;
}

export function readRecord(fleet: string): FleetRecord | undefined {
  const file = recordFile(fleet);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as FleetRecord) : undefined;
}

export function writeRecord(record: FleetRecord): void {
  writeWhole(recordFile(record.fleet), JSON.stringify(record));
}

/** Ties a fleet to this process: once it is gone, however it went, the next fleet to start sweeps this one away. */
export function claim(fleet: string): void {
  const owner: Owner = { pid: process.pid, startTicks: startTicksOf(process.pid) ?? '' };
  writeWhole(ownerFile(fleet), JSON.stringify(owner));
}

/** Whether the process that claimed a fleet is gone. A fleet that nobody claimed is kept. */
export function isAbandoned(fleet: string): boolean {
  if (!existsSync(ownerFile(fleet))) return false;
  const owner = JSON.parse(readFileSync(ownerFile(fleet), 'utf8')) as Owner;
  return startTicksOf(owner.pid) !== owner.startTicks;
}

function recordFile(fleet: string): string {
  return join(fleetFolder(fleet), 'fleet.json');
}

function ownerFile(fleet: string): string {
  return join(fleetFolder(fleet), 'owner.json');
}

function writeWhole(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** Field 22 of proc(5) `/proc/PID/stat`, counted after the command name, which may itself hold spaces and brackets. */
function startTicksOf(pid: number): string | undefined {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return undefined;
  const stat = readFileSync(file, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
