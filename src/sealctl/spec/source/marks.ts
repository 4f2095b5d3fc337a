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

interface MapMark {
  readonly span: Span;
  /** In the order of the file; they may come from several files. */
  readonly entries: ReadonlyMap<string, EntryMark>;
}

interface ListMark {
  readonly span: Span;
  readonly items: readonly Span[];
}

/**
 * Where the maps and lists of loaded data stand in their files. Places are found by the identity of the containing object, so data
 * reached through an alias or a merge leads to the text that was really written.
 */
export class Marks {
  readonly #maps = new Map<object, MapMark>();
  readonly #lists = new Map<object, ListMark>();

  markMap(map: object, span: Span, entries: ReadonlyMap<string, EntryMark>): void {
    this.#maps.set(map, { span, entries });
  }

  markList(list: object, span: Span, items: readonly Span[]): void {
    this.#lists.set(list, { span, items });
  }

  /** The keys of a map in the order of the file; JavaScript would put keys that look like integers first. */
  keys(map: object | undefined): string[] {
    if (map === undefined) return [];
    const mark = this.#maps.get(map);
    if (mark === undefined) return Object.keys(map);
    return [...mark.entries.keys()].filter((key) => Object.hasOwn(map, key));
  }

  entry(map: object, key: string): EntryMark | undefined {
    return this.#maps.get(map)?.entries.get(key);
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
    if (list !== undefined) return list.items[Number(key)];
    const entry = this.entry(container, String(key));
    return entry && { file: entry.file, start: entry.valueStart, end: entry.valueEnd };
  }

  /** Where a map or list as a whole stands. */
  range(container: object): SourceRange | undefined {
    const span = this.span(container);
    return span && rangeOf(span.file, span.start, span.end);
  }

  span(container: object): Span | undefined {
    return (this.#maps.get(container) ?? this.#lists.get(container))?.span;
  }

  /** The text of an entry's value as it was written, for scalars whose spelling matters. */
  writtenText(container: object, key: string | number): string | undefined {
    const span = this.valueSpan(container, key);
    return span?.file.text.slice(span.start, span.end);
  }
}
