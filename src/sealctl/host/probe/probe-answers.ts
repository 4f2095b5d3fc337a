import { hash } from 'node:crypto';
import {
  probeKey,
  type DirectoryFact,
  type FileFact,
  type Hold,
  type HostFacts,
  type Inventory,
  type ServiceFact,
} from './facts.ts';
import { parseManifest } from '../manifest.ts';
import { readRecords, Unreadable, type Records, type Stat } from './probe-records.ts';
import { contentLimitBytes } from './probe-script.ts';
import { cpuFlags, cpuCount, gpusOf, hostNofile, kernelTexts, memoryBytes } from './probe-kernel.ts';
import { processFact, supervisedService, systemdServices } from './probe-services.ts';

/** The answer of a probe, or why it cannot be read. */
export type ProbeAnswers =
  | { readonly facts: HostFacts; readonly problem: '' }
  | { readonly facts: undefined; readonly problem: string };

/** Reads the answer of `probeScript`. Total: any bytes give facts or a problem in words, never an exception. */
export function parseProbeAnswers(output: Uint8Array): ProbeAnswers {
  try {
    return { facts: factsOf(readRecords(Buffer.from(output))), problem: '' };
  } catch (thrown) {
    if (thrown instanceof Unreadable) return { facts: undefined, problem: thrown.message };
    throw thrown;
  }
}

function factsOf(records: Records): HostFacts {
  const texts = kernelTexts(records.kernel);
  const contents = contentsOf(records);
  const [manifestPath = '', holdPath = '', inventoryPath = ''] = records.state;
  const hold = stateObject(contents.get(holdPath)) as Hold | undefined;
  const inventory = stateObject(contents.get(inventoryPath)) as Inventory | undefined;
  const services = servicesOf(records, texts);
  return {
    hostname: texts.get('/proc/sys/kernel/hostname')?.trim() ?? '',
    clockS: records.clockS,
    cpus: cpuCount(texts),
    memoryBytes: memoryBytes(texts),
    cpuFlags: cpuFlags(texts),
    gpus: records.gpus === undefined ? [] : gpusOf(records.gpus.from, records.gpus.text),
    nofileHard: hostNofile(texts, records.systemd),
    user: [...records.stats].find(([path]) => path.startsWith('/proc/'))?.[1].owner ?? '',
    systemd: records.systemd,
    missingLibraries: records.missingLibraries,
    manifest: parseManifest(contents.get(manifestPath) ?? ''),
    ...(isHold(hold) ? { hold } : {}),
    releases: releasesOf(records.stats, records.state[3]),
    ...(isInventory(inventory) ? { inventory } : {}),
    files: filesOf(records, contents),
    directories: directoriesOf(records),
    services,
  };
}

/** The content of each file; a file that changed between its digest and its reading has none. */
function contentsOf({ contents, stats, digests }: Records): Map<string, string> {
  const found = new Map<string, string>();
  let at = 0;
  for (const path of contents.paths) {
    const size = Math.min(stats.get(path)?.sizeBytes ?? 0, contentLimitBytes);
    const bytes = contents.bytes.subarray(at, at + size);
    at += size;
    if (hash('sha256', bytes, 'hex') === digests.get(path)) found.set(path, bytes.toString('utf8'));
  }
  return found;
}

function filesOf(records: Records, contents: ReadonlyMap<string, string>): Map<string, FileFact> {
  const files = new Map<string, FileFact>();
  const wanted = new Set(records.contents.paths);
  const own = new Set(records.state);
  const releases = records.state[3];
  for (const [path, stat] of records.stats) {
    if (own.has(path) || path.startsWith('/proc/') || parentOf(path) === releases) continue;
    const { changedS: _changedS, ...plain } = stat;
    const content = contents.get(path);
    const sha256 = records.digests.get(path);
    const target = records.links.get(path);
    const unread =
      wanted.has(path) && content === undefined && stat.sizeBytes <= contentLimitBytes
        ? 'it changed while it was read'
        : undefined;
    const error = records.denied.has(path) ? 'Permission denied' : unread;
    const fact = {
      ...plain,
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(content === undefined ? {} : { content }),
      ...(target === undefined ? {} : { target }),
      ...(error === undefined ? {} : { error }),
    };
    const digest = records.programs.get(path);
    if (digest === undefined) files.set(probeKey({ ask: 'file', path, content: false }), fact);
    else files.set(probeKey({ ask: 'program', path }), { ...fact, sha256: digest });
  }
  for (const path of records.denied) {
    const key = probeKey({ ask: 'file', path, content: false });
    if (!files.has(key)) files.set(key, { type: 'other', error: 'Permission denied' });
  }
  return files;
}

const noDirectory = { mountPoint: false, empty: false, sectorDirectories: [] } as const;

function directoriesOf(records: Records): Map<string, DirectoryFact> {
  const mountPoints = new Set(
    records.mounts.split('\n').map((line) => unescapeMount(line.split(' ')[4] ?? '')),
  );
  const facts = new Map<string, DirectoryFact>();
  for (const [path, { canonical, empty, sectors }] of records.directories) {
    const freeBytes = records.freeSpace.get(path);
    const stat = records.stats.get(path);
    facts.set(probeKey({ ask: 'directory', path }), {
      type: 'directory',
      ...(stat?.type === 'directory' ? { mode: stat.mode } : {}),
      mountPoint: mountPoints.has(canonical),
      empty,
      sectorDirectories: sectors,
      ...(freeBytes === undefined ? {} : { freeBytes }),
    });
  }
  for (const path of records.noDirectories) {
    const type = records.stats.get(path)?.type ?? 'other';
    facts.set(probeKey({ ask: 'directory', path }), { type, ...noDirectory });
  }
  for (const path of records.denied) {
    const key = probeKey({ ask: 'directory', path });
    if (facts.has(key)) continue;
    facts.set(key, { type: 'other', ...noDirectory, error: 'Permission denied' });
  }
  return facts;
}

function servicesOf(records: Records, texts: ReadonlyMap<string, string>): Map<string, ServiceFact> {
  const boot = texts.get('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  const process = (pid: string) => {
    const raw = records.processes.get(pid);
    return raw === undefined ? undefined : processFact(Number(pid), raw);
  };
  const facts = new Map<string, ServiceFact>();
  for (const fields of records.supervised) {
    const [name, fact] = supervisedService(fields, boot, process);
    facts.set(probeKey({ ask: 'service', manager: 'supervisor', name }), fact);
  }
  if (records.units === undefined) return facts;
  const units = systemdServices(records.units, process);
  if (units.size === 0) throw new Unreadable(`systemctl says: ${records.units.trim().slice(0, 500)}`);
  for (const [name, fact] of units) facts.set(probeKey({ ask: 'service', manager: 'systemd', name }), fact);
  return facts;
}

/** The newest first; directories only, named by a digest. */
function releasesOf(stats: ReadonlyMap<string, Stat>, releases: string | undefined): string[] {
  return [...stats]
    .filter(([path, { type }]) => type === 'directory' && parentOf(path) === releases)
    .sort(([, a], [, b]) => b.changedS - a.changedS)
    .map(([path]) => path.slice(path.lastIndexOf('/') + 1))
    .filter((name) => /^[0-9a-f]{64}$/.test(name));
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** mountinfo writes space, tab, line break and backslash as octal. Source: proc(5). */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function stateObject(content: string | undefined): unknown {
  if (content === undefined) return undefined;
  try {
    return JSON.parse(content);
  } catch {
    // Half-written or edited by hand: treated as absent, and the next apply writes it again.
    return undefined;
  }
}

function isHold(value: unknown): value is Hold {
  if (typeof value !== 'object' || value === null) return false;
  const { who, since, why, until } = value as Record<string, unknown>;
  const texts = [who, since, why].every((text) => typeof text === 'string');
  return texts && (until === undefined || typeof until === 'string');
}

function isInventory(value: unknown): value is Inventory {
  if (typeof value !== 'object' || value === null) return false;
  const { revision, hosts } = value as Record<string, unknown>;
  return typeof revision === 'string' && Array.isArray(hosts) && hosts.every(isInventoryHost);
}

function isInventoryHost(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, address, services, root, become } = value as Record<string, unknown>;
  return (
    [name, address, root].every((text) => typeof text === 'string') &&
    (services === 'systemd' || services === 'supervisor') &&
    (become === 'sudo' || become === 'none')
  );
}
