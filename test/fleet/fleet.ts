import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setFrozen, powerOf, type Power } from './cgroup.ts';
import { ensureBase } from './base.ts';
import { makeDisk } from './disk.ts';
import { assertFleetCanRun } from './machine.ts';
import { type Cable, cut, type Cut, heal, setRate } from './network-faults.ts';
import { claimSubnet, controllerAddress, hostAddress, makeController, plugIn } from './network.ts';
import { assertNames, fleetNames, hostFolder, machineName } from './places.ts';
import { powerCut, powerOff, powerOn, waitUntilRunning } from './power.ts';
import {
  claim,
  type DataDisk,
  type FleetRecord,
  type HostRecord,
  readRecord,
  writeRecord,
} from './record.ts';
import {
  ensureIdentity,
  type ExecOptions,
  type ExecResult,
  execOverSsh,
  identityFileOf,
  knownHostsFileOf,
  sshConfigFileOf,
  writeSshFiles,
} from './ssh.ts';
import { sweep, sweepAbandoned } from './sweep.ts';

export interface FleetHost {
  readonly name: string;
  readonly address: string;
}

export interface FleetOptions {
  /** Short names, such as `h1`; unique only within the fleet. */
  readonly hosts: readonly string[];
  /** Disks of limited size that every host gets besides its system disk. */
  readonly disks?: readonly DataDisk[];
  /** Default: a name of its own for each call. A fleet of the same name is swept away first. */
  readonly name?: string;
  /** Whether the fleet goes on when this process ends. Default: it is swept by the next one to start. */
  readonly keep?: boolean;
  /** Gets a line for each slow thing that happens. Default: nobody. */
  readonly report?: (line: string) => void;
}

/** Real Debian hosts with systemd and OpenSSH, reachable from inside the controller's network namespace only. */
export interface Fleet {
  readonly name: string;
  readonly hosts: readonly FleetHost[];
  /** The network namespace in which the addresses of the hosts mean something. */
  readonly controller: string;
  /** The controller as the hosts see it. */
  readonly controllerAddress: string;
  /** Private key that opens root, `ops` (sudo without password) and `nosudo` (no sudo) on every host. */
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** For `ssh -F`: reaches each host by its short name. */
  readonly sshConfigFile: string;
  exec(host: string, argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Stops every process of the host; its TCP connections fall silent. */
  freeze(host: string): Promise<void>;
  thaw(host: string): Promise<void>;
  cut(host: string, how?: Cut): Promise<void>;
  heal(host: string): Promise<void>;
  /** Bandwidth each way, such as `20mbit`, or `off`. */
  rate(host: string, rate: string): Promise<void>;
  /** Power cut. Disks stay. */
  kill(host: string): Promise<void>;
  /** Orderly shutdown. Disks stay. */
  stop(host: string): Promise<void>;
  /** Boots a host that is off, and waits until it is fully up. */
  start(host: string): Promise<void>;
  /** Waits until a host that was told to reboot is fully up again. */
  waitUntilRunning(host: string): Promise<void>;
  power(host: string): Power;
  /** Boots more hosts into the fleet and gives it as it is then. */
  add(hosts: readonly string[], disks?: readonly DataDisk[]): Promise<Fleet>;
  /** Removes all hosts and everything the fleet made on this machine. */
  down(): Promise<void>;
}

/** Set where a whole test run goes on inside one controller namespace: the run's name, under which its fleets are swept. */
export const runVariable = 'SEALCTL_FLEET_RUN';

/**
 * Boots a fleet and waits until every host is fully up: about a second and a half for four hosts, once the base system has been
 * built. What a failed start made is swept away again.
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  assertFleetCanRun();
  const run = process.env[runVariable];
  const name = options.name ?? nextName(run);
  assertNames(name, options.hosts);
  const base = await ensureBase(options.report ?? (() => undefined));
  await sweepAbandoned();
  await sweep(name);
  try {
    if (options.keep !== true) claim(name);
    const controller = machineName(run ?? name, 'controller');
    if (run === undefined) await makeController(controller);
    const network = { controller, subnet: await claimSubnet(controller) };
    const record: FleetRecord = { fleet: name, base, network, ownController: run === undefined, hosts: [] };
    writeRecord(record);
    return await fleetOf(record).add(options.hosts, options.disks);
  } catch (error) {
    await sweep(name);
    throw error;
  }
}

/** The fleet of that name that some process started, or undefined. */
export function openFleet(name: string): Fleet | undefined {
  const record = readRecord(name);
  return record === undefined ? undefined : fleetOf(record);
}

function fleetOf(record: FleetRecord): Fleet {
  const { fleet, network } = record;
  const find = (name: string): HostRecord => {
    const host = record.hosts.find((host) => host.name === name);
    if (host !== undefined) return host;
    throw new Error(
      `no host '${name}' in fleet ${fleet}: ${record.hosts.map((host) => host.name).join(', ')}`,
    );
  };
  const machine = (name: string): string => machineName(fleet, find(name).name);
  const cable = (name: string): Cable => ({ network, namespace: machine(name), number: find(name).number });
  return {
    name: fleet,
    hosts: record.hosts.map(({ name, number }) => ({ name, address: hostAddress(network, number) })),
    controller: network.controller,
    controllerAddress: controllerAddress(network),
    identityFile: identityFileOf(fleet),
    knownHostsFile: knownHostsFileOf(fleet),
    sshConfigFile: sshConfigFileOf(fleet),
    exec: async (host, argv, options) => execOverSsh(record, find(host).name, argv, options),
    freeze: async (host) => setFrozen(machine(host), true),
    thaw: async (host) => setFrozen(machine(host), false),
    cut: async (host, how = 'drop') => cut(cable(host), how),
    heal: async (host) => heal(cable(host)),
    rate: async (host, rate) => setRate(cable(host), rate),
    kill: async (host) => powerCut(fleet, find(host).name),
    stop: async (host) => powerOff(fleet, find(host).name),
    start: async (host) => powerOn(record, find(host)),
    waitUntilRunning: async (host) => waitUntilRunning(record, find(host)),
    power: (host) => powerOf(machine(host)),
    add: async (hosts, disks = []) => fleetOf(await addHosts(record, hosts, disks)),
    down: async () => sweep(fleet),
  };
}

async function addHosts(
  record: FleetRecord,
  names: readonly string[],
  disks: readonly DataDisk[],
): Promise<FleetRecord> {
  const { fleet, network } = record;
  const last = Math.max(0, ...record.hosts.map(({ number }) => number));
  const added = names.map((name, index): HostRecord => ({ name, number: last + index + 1, disks }));
  const all = [...record.hosts, ...added];
  assertNames(fleet, names);
  if (new Set(all.map(({ name }) => name)).size < all.length)
    throw new Error(`fleet ${fleet} would have two hosts of one name`);
  if (all.some(({ number }) => number > 250)) throw new Error('a fleet holds at most 250 hosts');
  const grown: FleetRecord = { ...record, hosts: all };
  writeRecord(grown);
  const authorizedKey = await ensureIdentity(fleet);
  await Promise.all(added.map(async (host) => makeDisk(grown, host, authorizedKey)));
  writeSshFiles(grown);
  for (const host of added) await plugIn(network, machineName(fleet, host.name), host.number);
  raiseInotifyInstances();
  await Promise.all(added.map(async (host) => powerOn(grown, host)));
  return grown;
}

let started = 0;

function nextName(run: string | undefined): string {
  started += 1;
  return `${run ?? 'own'}.${process.pid}.${started}`;
}

/**
 * Each systemd takes about ten inotify instances, and all hosts share root's 128. Raised only when the hosts of this machine need
 * more; the setting stays until the machine reboots.
 */
function raiseInotifyInstances(): void {
  const file = '/proc/sys/fs/inotify/max_user_instances';
  const hosts = fleetNames().flatMap((fleet) => {
    const folder = hostFolder(fleet, '.');
    return existsSync(folder) ? readdirSync(folder) : [];
  });
  const needed = 64 + 12 * hosts.length;
  if (Number(readFileSync(file, 'utf8')) < needed) writeFileSync(file, String(Math.max(needed, 1024)));
}
