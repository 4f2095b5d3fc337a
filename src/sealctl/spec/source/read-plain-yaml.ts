import type { Marks } from './marks.ts';
import type { Plain, PlainMap } from './plain.ts';
import { PlainCursor } from './plain-cursor.ts';
import { char, NotPlain, resolvePlain } from './plain-scalar.ts';
import type { SourceFile } from './source-file.ts';

/**
 * Reads the YAML that cluster files are mostly made of, some thirty times as fast as a full parser: block maps and lists, flow maps
 * and lists, scalars on one line, comments. Gives undefined for anything else, right or wrong: anchors, tags, block scalars, escapes,
 * several documents, duplicate keys, every syntax error. What it does read means exactly what YAML 1.2 (core schema) says; a test
 * compares it with the full parser.
 */
export function readPlainYaml(file: SourceFile, marks: Marks): Plain | undefined {
  if (unusualCharacter.test(file.text)) return undefined;
  try {
    return new PlainReader(file, marks).document();
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

/** Tabs, control characters, and what some YAML versions take for a line break. */
// oxlint-disable-next-line no-control-regex -- these are the characters to refuse
const unusualCharacter = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u2029\uFEFF]/;

class PlainReader {
  readonly #file: SourceFile;
  readonly #marks: Marks;
  readonly #cursor: PlainCursor;

  constructor(file: SourceFile, marks: Marks) {
    this.#file = file;
    this.#cursor = new PlainCursor(file.text);
    this.#marks = marks;
  }

  document(): Plain {
    this.#cursor.toContent();
    const first = this.#cursor.code();
    if (this.#cursor.column() !== 0 || first === char.end) throw new NotPlain();
    const value =
      first === char.openBrace || first === char.openBracket
        ? this.#flow(-1)
        : this.#cursor.isDash()
          ? this.#blockList(0)
          : this.#blockMap(0);
    if (first === char.openBrace || first === char.openBracket) this.#cursor.endOfLine();
    if (!this.#cursor.ended) throw new NotPlain();
    return value;
  }

  /** Entries of one map, `indent` columns in; stands on the first key, ends on the first content that is not its own. */
  #blockMap(indent: number): PlainMap {
    const map: PlainMap = {};
    const opened = this.#marks.openMap();
    const start = this.#cursor.at;
    let end = start;
    do {
      if (this.#cursor.isDash()) throw new NotPlain();
      const keyStart = this.#cursor.at;
      const key = this.#cursor.key(false);
      const keyEnd = this.#cursor.at;
      this.#cursor.colon();
      this.#cursor.skipSpaces();
      let valueStart = keyEnd;
      let value: Plain = null;
      const code = this.#cursor.code();
      if (code === char.newline || code === char.hash || code === char.end) {
        this.#cursor.toContent();
        const column = this.#cursor.column();
        if (!this.#cursor.ended && (column > indent || (column === indent && this.#cursor.isDash()))) {
          valueStart = this.#cursor.at;
          value = this.#below(indent, column);
          end = this.#contentEnd;
        } else {
          end = keyEnd + 1;
        }
      } else {
        valueStart = this.#cursor.at;
        value = this.#inline(indent);
        end = this.#cursor.at;
        this.#cursor.endOfLine();
      }
      this.#add(map, key, value);
      const valueEnd = value === null && valueStart === keyEnd ? keyEnd : end;
      this.#marks.addEntry(key, keyStart, keyEnd, valueStart, valueEnd);
    } while (this.#cursor.continues(indent));
    this.#contentEnd = end;
    this.#marks.closeMap(opened, map, this.#file, start, end);
    return map;
  }

  /** A value that starts on a line of its own. */
  #below(indent: number, column: number): Plain {
    const code = this.#cursor.code();
    if (code !== char.openBrace && code !== char.openBracket) {
      return this.#cursor.isDash() ? this.#blockList(column) : this.#blockMap(column);
    }
    const value = this.#flow(indent);
    this.#contentEnd = this.#cursor.at;
    this.#cursor.endOfLine();
    return value;
  }

  #blockList(indent: number): Plain[] {
    const list: Plain[] = [];
    const items: number[] = [];
    const start = this.#cursor.at;
    let end = start;
    do {
      if (!this.#cursor.isDash()) {
        // After a list at the column of its key comes the next key.
        break;
      }
      this.#cursor.at += 1;
      this.#cursor.skipSpaces();
      const code = this.#cursor.code();
      if (code === char.newline || code === char.end || code === char.hash || this.#cursor.isDash())
        throw new NotPlain();
      const itemStart = this.#cursor.at;
      let value: Plain;
      if (this.#cursor.startsKey()) {
        value = this.#blockMap(this.#cursor.column());
        end = this.#contentEnd;
      } else {
        value = this.#inline(indent);
        end = this.#cursor.at;
        this.#cursor.endOfLine();
      }
      list.push(value);
      items.push(itemStart, end);
    } while (this.#cursor.continues(indent));
    this.#contentEnd = end;
    this.#marks.markList(list, { file: this.#file, start, end }, items);
    return list;
  }

  /** Where the block collection that was read last ends. */
  #contentEnd = 0;

  /** A value on the line of its key or dash. */
  #inline(indent: number): Plain {
    const code = this.#cursor.code();
    if (code === char.openBrace || code === char.openBracket) return this.#flow(indent);
    if (code === char.doubleQuote || code === char.singleQuote) return this.#cursor.quoted(code);
    return resolvePlain(this.#cursor.plain(false));
  }

  /** A flow collection; its further lines must be indented deeper than `indent`. */
  #flow(indent: number): Plain {
    return this.#cursor.code() === char.openBrace ? this.#flowMap(indent) : this.#flowList(indent);
  }

  #flowMap(indent: number): PlainMap {
    const map: PlainMap = {};
    const opened = this.#marks.openMap();
    const start = this.#cursor.at;
    this.#cursor.at += 1;
    for (;;) {
      this.#cursor.skipInFlow(indent);
      if (this.#cursor.code() === char.closeBrace) break;
      const keyStart = this.#cursor.at;
      const key = this.#cursor.key(true);
      const keyEnd = this.#cursor.at;
      this.#cursor.colon();
      this.#cursor.skipInFlow(indent);
      const valueStart = this.#cursor.at;
      const value = this.#flowValue(indent);
      const valueEnd = this.#cursor.at;
      this.#add(map, key, value);
      this.#marks.addEntry(key, keyStart, keyEnd, valueStart, valueEnd);
      this.#cursor.skipInFlow(indent);
      if (this.#cursor.code() === char.comma) this.#cursor.at += 1;
      else if (this.#cursor.code() !== char.closeBrace) throw new NotPlain();
    }
    this.#cursor.at += 1;
    this.#marks.closeMap(opened, map, this.#file, start, this.#cursor.at);
    return map;
  }

  #flowList(indent: number): Plain[] {
    const list: Plain[] = [];
    const items: number[] = [];
    const start = this.#cursor.at;
    this.#cursor.at += 1;
    for (;;) {
      this.#cursor.skipInFlow(indent);
      if (this.#cursor.code() === char.closeBracket) break;
      const itemStart = this.#cursor.at;
      list.push(this.#flowValue(indent));
      items.push(itemStart, this.#cursor.at);
      this.#cursor.skipInFlow(indent);
      if (this.#cursor.code() === char.comma) this.#cursor.at += 1;
      else if (this.#cursor.code() !== char.closeBracket) throw new NotPlain();
    }
    this.#cursor.at += 1;
    this.#marks.markList(list, { file: this.#file, start, end: this.#cursor.at }, items);
    return list;
  }

  #flowValue(indent: number): Plain {
    const code = this.#cursor.code();
    if (code === char.openBrace || code === char.openBracket) return this.#flow(indent);
    if (code === char.doubleQuote || code === char.singleQuote) return this.#cursor.quoted(code);
    return resolvePlain(this.#cursor.plain(true));
  }

  #add(map: PlainMap, key: string, value: Plain): void {
    if (Object.hasOwn(map, key)) throw new NotPlain();
    map[key] = value;
  }
}
