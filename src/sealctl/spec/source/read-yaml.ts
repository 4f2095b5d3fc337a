import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Pair,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
  type YAMLParseError,
  type YAMLSeq,
  type YAMLWarning,
} from 'yaml';
import type { Report } from '../report.ts';
import { suggestion } from '../suggest.ts';
import type { EntryMark, Marks, Span } from './marks.ts';
import { isPlainMap, type Plain, type PlainMap } from './plain.ts';
import { rangeOf, type SourceFile } from './source-file.ts';

/** The collectors that reading fills in addition to the data it returns. */
export interface ReadContext {
  readonly marks: Marks;
  readonly report: Report;
}

type YamlNode = ParsedNode | null;

/** The data of a file, and the position from which on its broken syntax makes it unreliable. */
export interface YamlReading {
  /** Undefined when no data could be read. */
  readonly data: Plain | undefined;
  readonly brokenFrom: number | undefined;
}

/** Syntax errors that do not affect the structure around them. */
const harmless: ReadonlySet<string> = new Set([
  'TAG_RESOLVE_FAILED',
  'BAD_ALIAS',
  'BAD_DIRECTIVE',
  'BLOCK_IN_FLOW',
]);

/**
 * Reads one YAML 1.2 document, with anchors, aliases and `<<` merge keys. Reports syntax errors and returns the data that can still be
 * read. Aliases share the object of their anchor, so that marks lead to the text of the anchor.
 */
export function readYaml(file: SourceFile, context: ReadContext): YamlReading {
  try {
    return readDocument(file, context);
  } catch (error) {
    // Deeply nested files overflow the stack of the parser or the converter.
    if (!(error instanceof RangeError)) throw error;
    context.report.add({
      code: 'yaml-too-deep',
      summary: `${file.path} is nested too deeply to be read`,
      range: rangeOf(file, 0, 1),
      why: 'a cluster file has ten levels at most; here thousands are opened and not closed',
      fix: 'look for brackets that are never closed',
    });
    return { data: undefined, brokenFrom: 0 };
  }
}

function readDocument(file: SourceFile, context: ReadContext): YamlReading {
  const document = parseDocument(file.text, { prettyErrors: false, uniqueKeys: false, strict: true });
  let brokenFrom: number | undefined;
  for (const issue of [...document.errors, ...document.warnings]) {
    const structural = !harmless.has(issue.code);
    // After the first structural error, further ones are consequences of it.
    if (structural && brokenFrom !== undefined) continue;
    const [start, end] = openedAt(document, issue) ?? issue.pos;
    if (structural) brokenFrom = start;
    context.report.add({
      code: 'yaml-syntax',
      summary: `this is not valid YAML: ${lowerFirst(issue.message.split('\n')[0] ?? issue.code)}`,
      range: rangeOf(file, start, end),
      ...(structural && { why: 'the rest of the file is checked once this is fixed' }),
      fix: fixes[issue.code] ?? 'correct the syntax here',
    });
  }
  const { contents } = document;
  return {
    data: contents === null ? undefined : new Converter(file, context).value(contents),
    brokenFrom,
  };
}

const fixes: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  TAG_RESOLVE_FAILED: 'take the tag out',
  MULTIPLE_DOCS: 'keep one document in the file; "include" joins several files',
  MISSING_CHAR: 'close what is opened here',
};

/** Finds the opening of an unclosed quote, since the parser reports the error only at the end of the file. */
function openedAt(
  document: Document.Parsed,
  issue: YAMLParseError | YAMLWarning,
): [number, number] | undefined {
  if (issue.code !== 'MISSING_CHAR' || !issue.message.includes('quote')) return undefined;
  let opened: number | undefined;
  visit(document, {
    Scalar: (_, node) => {
      const start = node.range?.[0];
      if (node.type?.startsWith('QUOTE') && start !== undefined && start < issue.pos[1]) opened = start;
    },
  });
  return opened === undefined ? undefined : [opened, opened + 1];
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

class Converter {
  readonly #file: SourceFile;
  readonly #context: ReadContext;
  readonly #anchors = new Map<string, { readonly value: Plain } | 'open'>();

  constructor(file: SourceFile, context: ReadContext) {
    this.#file = file;
    this.#context = context;
  }

  value(node: YamlNode): Plain {
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node) ?? null;
    const anchor = node.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, 'open');
    const value = this.#content(node);
    if (anchor !== undefined) this.#anchors.set(anchor, { value });
    return value;
  }

  #content(node: Scalar.Parsed | YAMLMap.Parsed | YAMLSeq.Parsed): Plain {
    if (isMap(node)) return this.#map(node);
    if (isSeq(node)) return this.#list(node);
    return this.#scalar(node);
  }

  /** Returns the value of an alias; reports and returns undefined when there is none. */
  #alias(node: Alias.Parsed): Plain | undefined {
    const target = this.#anchors.get(node.source);
    if (target === 'open') {
      const fix = 'name the parts of the value instead of the whole';
      this.#complain('alias-cycle', `*${node.source} is inside the value of its own anchor`, fix, node);
      return null;
    }
    if (target === undefined) {
      const near = suggestion(node.source, [...this.#anchors.keys()]);
      const fix = near ?? `write &${node.source} before the value it should refer to`;
      this.#complain('unknown-alias', `no anchor before this place is called &${node.source}`, fix, node);
      return undefined;
    }
    return target.value;
  }

  #scalar(node: Scalar.Parsed): Plain {
    const { value } = node;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : null;
  }

  #list(node: YAMLSeq.Parsed): Plain[] {
    const list: Plain[] = [];
    const items: Span[] = [];
    for (const item of node.items) {
      list.push(this.value(item));
      items.push(this.#span(item, node.range[0]));
    }
    this.#context.marks.markList(list, this.#span(node), items);
    return list;
  }

  #map(node: YAMLMap.Parsed): PlainMap {
    const map: PlainMap = {};
    const entries = new Map<string, EntryMark>();
    const merges: { readonly pair: Pair<ParsedNode, YamlNode>; readonly value: Plain }[] = [];
    for (const pair of node.items) {
      const key = this.#key(pair.key);
      if (key === undefined) continue;
      const value = isAlias(pair.value) ? this.#alias(pair.value) : this.value(pair.value);
      // Omitted, so that a wrong alias is reported once.
      if (value === undefined) continue;
      if (key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') {
        merges.push({ pair, value });
        continue;
      }
      const keySpan = this.#span(pair.key);
      const first = entries.get(key);
      if (first !== undefined) {
        this.#duplicate(key, keySpan, first);
        continue;
      }
      map[key] = value;
      const valueSpan = this.#span(pair.value, keySpan.end);
      entries.set(key, {
        key,
        file: this.#file,
        keyStart: keySpan.start,
        keyEnd: keySpan.end,
        valueStart: valueSpan.start,
        valueEnd: valueSpan.end,
      });
    }
    for (const { pair, value } of merges) this.#merge(map, entries, pair, value);
    this.#context.marks.markMap(map, this.#span(node), entries);
    return map;
  }

  /** Own keys have precedence over merged ones, and earlier merged maps over later ones. */
  #merge(
    map: PlainMap,
    entries: Map<string, EntryMark>,
    pair: Pair<ParsedNode, YamlNode>,
    value: Plain,
  ): void {
    for (const source of Array.isArray(value) ? value : [value]) {
      if (!isPlainMap(source)) {
        const fix = 'name a map by an alias, such as <<: *caches';
        this.#complain(
          'yaml-merge',
          '<< needs a map, or a list of maps, to merge',
          fix,
          pair.value ?? pair.key,
        );
        continue;
      }
      for (const key of this.#context.marks.keys(source)) {
        const entry = this.#context.marks.entry(source, key);
        const merged = source[key];
        if (entry === undefined || merged === undefined || entries.has(key)) continue;
        map[key] = merged;
        entries.set(key, entry);
      }
    }
  }

  #key(node: ParsedNode): string | undefined {
    const resolved = isAlias(node) ? this.#alias(node) : isScalar(node) ? this.#scalar(node) : undefined;
    const written = isScalar(node) && typeof resolved !== 'string' ? node.source : resolved;
    if (typeof written !== 'string' || resolved === null) {
      this.#complain(
        'yaml-key',
        'a key must be a plain word or a quoted text',
        'write a word before the colon',
        node,
      );
      return undefined;
    }
    if (written === '__proto__') {
      this.#complain('yaml-key', '__proto__ cannot be a key', 'choose another name', node);
      return undefined;
    }
    return written;
  }

  #duplicate(key: string, span: Span, first: EntryMark): void {
    const { line } = rangeOf(first.file, first.keyStart, first.keyEnd);
    this.#context.report.add({
      code: 'duplicate-key',
      summary: `duplicate key "${key}" in this map`,
      range: rangeOf(span.file, span.start, span.end),
      why: `its first entry is on line ${line}; only one of the two can apply`,
      fix: 'keep one of them, or move the entries of both under one key',
    });
  }

  #complain(code: string, summary: string, fix: string, node: ParsedNode): void {
    this.#context.report.add({
      code,
      summary,
      range: rangeOf(this.#file, node.range[0], node.range[1]),
      fix,
    });
  }

  /** The span of a node; an absent node has an empty span at `fallback`. Excludes the newline at the end of a block collection. */
  #span(node: YamlNode, fallback = 0): Span {
    if (node === null) return { file: this.#file, start: fallback, end: fallback };
    const [start] = node.range;
    let [, end] = node.range;
    while (end > start && /\s/.test(this.#file.text[end - 1] ?? '')) end -= 1;
    return { file: this.#file, start, end };
  }
}
