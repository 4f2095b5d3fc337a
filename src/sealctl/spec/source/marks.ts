import type { SourceRange } from '@sealctl/core/problem/problem';
import { rangeOf, type SourceFile } from './source-file.ts';

/** A stretch of a file: offsets of UTF-16 units, the end exclusive. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** One entry of a map: where its key and its value stand. They share a file. */
export interface EntryMark {
  readonly key: string;
  readonly file: SourceFile;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/**
 * Entries of maps, one after the other. A large cluster has hundreds of thousands, so they are two long lists and no objects: for each its
 * key, and four offsets, of the key's start and end and of the value's.
 */
class EntryTable {
  readonly keys: string[] = [];
  #offsets = new Int32Array(1024);

  push(key: string, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    const at = 4 * this.keys.length;
    this.keys.push(key);
    this.#makeRoom();
    this.#offsets[at] = keyStart;
    this.#offsets[at + 1] = keyEnd;
    this.#offsets[at + 2] = valueStart;
    this.#offsets[at + 3] = valueEnd;
  }

  offsets(place: number): Int32Array {
    return this.#offsets.subarray(4 * place, 4 * place + 4);
  }

  /** Takes over the entries of another table from one on, and takes them away there. */
  takeFrom(other: EntryTable, first: number): void {
    const at = 4 * this.keys.length;
    const offsets = other.#offsets.subarray(4 * first, 4 * other.keys.length);
    for (let place = first; place < other.keys.length; place += 1) this.keys.push(other.keys[place] ?? '');
    this.#makeRoom();
    this.#offsets.set(offsets, at);
    other.keys.length = first;
  }

  #makeRoom(): void {
    const needed = 4 * this.keys.length;
    if (needed <= this.#offsets.length) return;
    const larger = new Int32Array(2 * needed);
    larger.set(this.#offsets);
    this.#offsets = larger;
  }
}

interface MapMark {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
  /** Where its entries stand in the table, the end exclusive. */
  readonly firstEntry: number;
  readonly endEntry: number;
  /** Of each entry, where they do not all stand in the file of the map. */
  readonly files: readonly SourceFile[] | undefined;
  /** Where each key stands in the table, once that was asked of a large map. */
  places: Map<string, number> | undefined;
}

interface ListMark {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
  /** Per item two offsets, of its start and its end. */
  readonly offsets: readonly number[];
}

/** Maps with at most this many entries are searched entry by entry; for larger ones an index is built on first use. */
const smallMap = 8;

/**
 * Where the maps and lists of loaded data stand in their files. Places are found by the identity of the containing object, so data
 * reached through an alias or a merge leads to the text that was really written.
 */
export class Marks {
  readonly #maps = new Map<object, MapMark>();
  readonly #entries = new EntryTable();
  /** Of maps whose end is still to come: an inner map ends before the entry that it is the value of. */
  readonly #open = new EntryTable();
  readonly #lists = new Map<object, ListMark>();

  /** Begins a map; what this returns ends it. */
  openMap(): number {
    return this.#open.keys.length;
  }

  /** An entry of the map that was opened last. */
  addEntry(key: string, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    this.#open.push(key, keyStart, keyEnd, valueStart, valueEnd);
  }

  closeMap(opened: number, map: object, file: SourceFile, start: number, end: number): void {
    const firstEntry = this.#entries.keys.length;
    this.#entries.takeFrom(this.#open, opened);
    const endEntry = this.#entries.keys.length;
    this.#maps.set(map, { file, start, end, firstEntry, endEntry, files: undefined, places: undefined });
  }

  /** Marks a map whose entries may come from several files. */
  markJoinedMap(map: object, { file, start, end }: Span, joined: Iterable<EntryMark>): void {
    const firstEntry = this.#entries.keys.length;
    const files: SourceFile[] = [];
    for (const entry of joined) {
      this.#entries.push(entry.key, entry.keyStart, entry.keyEnd, entry.valueStart, entry.valueEnd);
      files.push(entry.file);
    }
    const endEntry = this.#entries.keys.length;
    this.#maps.set(map, { file, start, end, firstEntry, endEntry, files, places: undefined });
  }

  /** `offsets` are two for each item, of its start and its end. */
  markList(list: object, { file, start, end }: Span, offsets: readonly number[]): void {
    this.#lists.set(list, { file, start, end, offsets });
  }

  /** The keys of a map in the order of the file; JavaScript would put keys that look like integers first. */
  keys(map: object | undefined): string[] {
    if (map === undefined) return [];
    const mark = this.#maps.get(map);
    if (mark === undefined) return Object.keys(map);
    return this.#keysOf(mark).filter((key) => Object.hasOwn(map, key));
  }

  entry(map: object, key: string): EntryMark | undefined {
    const mark = this.#maps.get(map);
    const place = mark && this.#placeOf(mark, key);
    if (mark === undefined || place === undefined) return undefined;
    const [keyStart = 0, keyEnd = 0, valueStart = 0, valueEnd = 0] = this.#entries.offsets(place);
    const file = mark.files?.[place - mark.firstEntry] ?? mark.file;
    return { key, file, keyStart, keyEnd, valueStart, valueEnd };
  }

  /** Where the key of an entry stands. */
  keyRange(map: object, key: string): SourceRange | undefined {
    const entry = this.entry(map, key);
    return entry && rangeOf(entry.file, entry.keyStart, entry.keyEnd);
  }

  /** Where the value of an entry stands. */
  valueRange(container: object, key: string | number): SourceRange | undefined {
    const span = this.valueSpan(container, key);
    return span && rangeOf(span.file, span.start, span.end);
  }

  valueSpan(container: object, key: string | number): Span | undefined {
    const list = this.#lists.get(container);
    if (list !== undefined) {
      const [start, end] = list.offsets.slice(2 * Number(key), 2 * Number(key) + 2);
      return start === undefined || end === undefined ? undefined : { file: list.file, start, end };
    }
    const entry = this.entry(container, String(key));
    return entry && { file: entry.file, start: entry.valueStart, end: entry.valueEnd };
  }

  /** Where a map or list as a whole stands. */
  range(container: object): SourceRange | undefined {
    const span = this.span(container);
    return span && rangeOf(span.file, span.start, span.end);
  }

  span(container: object): Span | undefined {
    return this.#maps.get(container) ?? this.#lists.get(container);
  }

  /** The text of an entry's value as it was written, for scalars whose spelling matters. */
  writtenText(container: object, key: string | number): string | undefined {
    const span = this.valueSpan(container, key);
    return span?.file.text.slice(span.start, span.end);
  }

  #keysOf({ firstEntry, endEntry }: MapMark): string[] {
    return this.#entries.keys.slice(firstEntry, endEntry);
  }

  #placeOf(mark: MapMark, key: string): number | undefined {
    const { firstEntry, endEntry } = mark;
    if (endEntry - firstEntry > smallMap) {
      mark.places ??= new Map(this.#keysOf(mark).map((known, index) => [known, firstEntry + index]));
      return mark.places.get(key);
    }
    for (let place = firstEntry; place < endEntry; place += 1) {
      if (this.#entries.keys[place] === key) return place;
    }
    return undefined;
  }
}
