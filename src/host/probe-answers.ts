import { hash } from 'node:crypto';
import type { DirectoryFact, FileFact, Hold, HostFacts, Inventory, ServiceFact } from './facts.ts';
import { probeKey } from './facts.ts';
import { parseManifest } from './manifest.ts';
import { contentLimitBytes, probeMark } from './probe-script.ts';
import { cpuFlags, cpuCount, gpusOf, hostNofile, kernelTexts, memoryBytes } from './probe-kernel.ts';
import { processFact, supervisedService, systemdServices, type RawProcess } from './probe-services.ts';

/** What a probe answered, or what keeps it from being read. */
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

/** The answer is not in the form the script gives. */
class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

interface Stat {
  readonly type: FileFact['type'];
  readonly mode: string;
  readonly owner: string;
  readonly sizeBytes: number;
  readonly changedS: number;
}

/** The records of an answer as they stand there. */
interface Records {
  /** Paths of the manifest, the hold, the inventory and the releases. */
  readonly state: readonly string[];
  readonly clockS: number;
  readonly kernel: string;
  readonly systemd: boolean;
  readonly missingLibraries: readonly string[];
  readonly gpus: { readonly from: 'kernel' | 'smi'; readonly text: string } | undefined;
  readonly stats: ReadonlyMap<string, Stat>;
  readonly links: ReadonlyMap<string, string>;
  readonly digests: ReadonlyMap<string, string>;
  readonly contents: { readonly paths: readonly string[]; readonly bytes: Buffer };
  readonly programs: ReadonlyMap<string, string>;
  readonly directories: ReadonlyMap<string, { canonical: string; empty: boolean; sectors: string[] }>;
  readonly noDirectories: readonly string[];
  readonly room: ReadonlyMap<string, number>;
  readonly mounts: string;
  readonly denied: ReadonlySet<string>;
  readonly supervised: readonly (readonly string[])[];
  readonly units: string | undefined;
  readonly processes: ReadonlyMap<string, RawProcess>;
}

/** Takes the strings of an answer one after the other. */
class Strings {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  next(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new Unreadable('the answer ends too early: the probe was cut off');
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  take(count: number): string[] {
    return Array.from({ length: count }, () => this.next());
  }

  /** Strings up to an empty one. */
  list(): string[] {
    const texts: string[] = [];
    for (let text = this.next(); text !== ''; text = this.next()) texts.push(text);
    return texts;
  }

  /** Pairs up to an empty first. */
  pairs(): [string, string][] {
    const pairs: [string, string][] = [];
    for (let first = this.next(); first !== ''; first = this.next()) pairs.push([first, this.next()]);
    return pairs;
  }
}

function readRecords(output: Buffer): Records {
  const mark = Buffer.from(`\0${probeMark}\0`);
  const start = output.indexOf(mark);
  if (start < 0) throw new Unreadable('no answer of a probe is in the output');
  const strings = new Strings(output, start + mark.length);
  const links = new Map<string, string>();
  const programs = new Map<string, string>();
  const directories = new Map<string, { canonical: string; empty: boolean; sectors: string[] }>();
  const noDirectories: string[] = [];
  const denied = new Set<string>();
  const processes = new Map<string, RawProcess>();
  const missingLibraries: string[] = [];
  const supervised: string[][] = [];
  let stats = new Map<string, Stat>();
  let digests = new Map<string, string>();
  let room = new Map<string, number>();
  let contents: Records['contents'] = { paths: [], bytes: Buffer.alloc(0) };
  let state: readonly string[] = [];
  let clockS = 0;
  let kernel = '';
  let mounts = '';
  let systemd = false;
  let gpus: Records['gpus'];
  let units: string | undefined;
  for (let tag = strings.next(); tag !== 'end'; tag = strings.next()) {
    switch (tag) {
      case 'state':
        state = strings.take(4);
        break;
      case 'clock':
        clockS = wholeNumber(strings.next()) ?? 0;
        break;
      case 'kernel':
        kernel = strings.next();
        break;
      case 'systemd':
        systemd = true;
        break;
      case 'library':
        missingLibraries.push(strings.next());
        break;
      case 'gpus-kernel':
        gpus = { from: 'kernel', text: strings.next() };
        break;
      case 'gpus-smi':
        gpus = { from: 'smi', text: strings.next() };
        break;
      case 'stat':
        stats = new Map(strings.pairs().map(([path, text]) => [path, statOf(text)]));
        break;
      case 'link': {
        const [path = '', target = ''] = strings.take(2);
        links.set(path, target.slice(0, -1));
        break;
      }
      case 'sha256':
        digests = new Map(strings.list().map((line) => [line.slice(66), line.slice(0, 64)]));
        break;
      case 'contents':
        contents = { paths: strings.list(), bytes: Buffer.from(strings.next(), 'base64') };
        break;
      case 'program': {
        const [path = '', digest = ''] = strings.take(2);
        programs.set(path, digest);
        break;
      }
      case 'directory': {
        const [path = '', canonical = '', empty = '', sectors = ''] = strings.take(4);
        const names = sectors.split(' ').filter((name) => name !== '');
        directories.set(path, { canonical, empty: empty === 'yes', sectors: names });
        break;
      }
      case 'no-directory':
        noDirectories.push(strings.next());
        break;
      case 'room':
        room = new Map(strings.pairs().map(([path, text]) => [path, roomOf(text)]));
        break;
      case 'mounts':
        mounts = strings.next();
        break;
      case 'denied':
        denied.add(strings.next());
        break;
      case 'supervised':
        supervised.push(strings.take(10));
        break;
      case 'units':
        units = strings.next();
        break;
      case 'process': {
        const [pid = '', exe = '', text = '', environ = ''] = strings.take(4);
        processes.set(pid, { exe: exe.slice(0, -1), text, environ: Buffer.from(environ, 'base64') });
        break;
      }
      default:
        throw new Unreadable(`the answer has a record '${tag.slice(0, 40)}' that no probe gives`);
    }
  }
  return {
    state,
    clockS,
    kernel,
    systemd,
    missingLibraries,
    gpus,
    stats,
    links,
    digests,
    contents,
    programs,
    directories,
    noDirectories,
    room,
    mounts,
    denied,
    supervised,
    units,
    processes,
  };
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

/** What was read of each file; a file that changed between its digest and its reading has none. */
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
    const freeBytes = records.room.get(path);
    facts.set(probeKey({ ask: 'directory', path }), {
      type: 'directory',
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

/** `stat --printf '%f %a %U %s %i %Y'`: the raw mode in hexadecimal says what kind of file it is. Source: inode(7). */
function statOf(text: string): Stat {
  const [raw = '', mode = '', owner = '', size = '', , changed = ''] = text.split(' ');
  return {
    type: fileTypes.get(Number.parseInt(raw, 16) & 0o170000) ?? 'other',
    mode: mode.padStart(4, '0'),
    owner,
    sizeBytes: wholeNumber(size) ?? 0,
    changedS: wholeNumber(changed) ?? 0,
  };
}

const fileTypes: ReadonlyMap<number, FileFact['type']> = new Map([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'link'],
]);

function roomOf(text: string): number {
  const [blocks = '', size = ''] = text.split(' ');
  return (wholeNumber(blocks) ?? 0) * (wholeNumber(size) ?? 0);
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
    // Half-written or edited by hand: as good as not there, and the next apply writes it anew.
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

function wholeNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
