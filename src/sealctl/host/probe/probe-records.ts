import type { FileFact } from './facts.ts';
import { probeMark } from './probe-script.ts';
import type { RawProcess } from './probe-services.ts';

/** The answer is not in the form the script gives. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

export interface Stat {
  readonly type: FileFact['type'];
  readonly mode: string;
  readonly owner: string;
  readonly sizeBytes: number;
  readonly changedS: number;
}

/** The raw records of an answer. */
export interface Records {
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
  readonly freeSpace: ReadonlyMap<string, number>;
  readonly mounts: string;
  readonly denied: ReadonlySet<string>;
  readonly supervised: readonly (readonly string[])[];
  readonly units: string | undefined;
  readonly processes: ReadonlyMap<string, RawProcess>;
}

/** Takes an answer apart. Throws `Unreadable`. */
export function readRecords(output: Buffer): Records {
  const mark = Buffer.from(`\0${probeMark}\0`);
  const start = output.indexOf(mark);
  if (start < 0) throw new Unreadable('the output has no probe answer');
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
  let freeSpace = new Map<string, number>();
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
      case 'free-space':
        freeSpace = new Map(strings.pairs().map(([path, text]) => [path, freeSpaceOf(text)]));
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
        throw new Unreadable(`the answer has the unknown record '${tag.slice(0, 40)}'`);
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
    freeSpace,
    mounts,
    denied,
    supervised,
    units,
    processes,
  };
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
    if (end < 0) throw new Unreadable('the answer is incomplete: the probe was interrupted');
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

function freeSpaceOf(text: string): number {
  const [blocks = '', size = ''] = text.split(' ');
  return (wholeNumber(blocks) ?? 0) * (wholeNumber(size) ?? 0);
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
