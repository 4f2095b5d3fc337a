import type { SourceRange } from '@sealctl/core/problem/problem';
import { rangeOf, type SourceFile } from './source-file.ts';

/** A span of a file: offsets in UTF-16 units, the end exclusive. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** One entry of a map: the positions of its key and its value, which are in the same file. */
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
  /** In the order of the file; entries may come from several files. */
  readonly entries: ReadonlyMap<string, EntryMark>;
}

interface ListMark {
  readonly span: Span;
  readonly items: readonly Span[];
}

/**
 * Positions of the maps and lists of loaded data in their files, by the identity of the containing object. So data that is reached through
 * an alias or a merge leads to the text that was written.
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

  /** The keys of a map in the order of the file; JavaScript would sort keys that look like integers first. */
  keys(map: object | undefined): string[] {
    if (map === undefined) return [];
    const mark = this.#maps.get(map);
    if (mark === undefined) return Object.keys(map);
    return [...mark.entries.keys()].filter((key) => Object.hasOwn(map, key));
  }

  entry(map: object, key: string): EntryMark | undefined {
    return this.#maps.get(map)?.entries.get(key);
  }

  /** The range of an entry's key. */
  keyRange(map: object, key: string): SourceRange | undefined {
    const entry = this.entry(map, key);
    return entry && rangeOf(entry.file, entry.keyStart, entry.keyEnd);
  }

  /** The range of an entry's value. */
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

  /** The range of a whole map or list. */
  range(container: object): SourceRange | undefined {
    const span = this.span(container);
    return span && rangeOf(span.file, span.start, span.end);
  }

  span(container: object): Span | undefined {
    return (this.#maps.get(container) ?? this.#lists.get(container))?.span;
  }

  /** The source text of an entry's value, for scalars whose spelling matters. */
  writtenText(container: object, key: string | number): string | undefined {
    const span = this.valueSpan(container, key);
    return span?.file.text.slice(span.start, span.end);
  }
}
