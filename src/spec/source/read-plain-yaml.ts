import type { EntryMark, Marks, Span } from './marks.ts';
import type { Plain, PlainMap } from './plain.ts';
import { char, isBreak, isFlowSign, NotPlain, resolvePlain, startsNoScalar } from './plain-scalar.ts';
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

const longestKey = 1000;

class PlainReader {
  readonly #file: SourceFile;
  readonly #text: string;
  readonly #marks: Marks;
  #at = 0;
  #lineStart = 0;

  constructor(file: SourceFile, marks: Marks) {
    this.#file = file;
    this.#text = file.text;
    this.#marks = marks;
  }

  document(): Plain {
    this.#toContent();
    const first = this.#code();
    if (this.#column() !== 0 || first === char.end) throw new NotPlain();
    const value =
      first === char.openBrace || first === char.openBracket
        ? this.#flow(-1)
        : this.#isDash()
          ? this.#blockList(0)
          : this.#blockMap(0);
    if (first === char.openBrace || first === char.openBracket) this.#endOfLine();
    if (this.#at < this.#text.length) throw new NotPlain();
    return value;
  }

  /** Entries of one map, `indent` columns in; stands on the first key, ends on the first content that is not its own. */
  #blockMap(indent: number): PlainMap {
    const map: PlainMap = {};
    const entries: EntryMark[] = [];
    const start = this.#at;
    let end = start;
    do {
      if (this.#isDash()) throw new NotPlain();
      const keyStart = this.#at;
      const key = this.#key(false);
      const keyEnd = this.#at;
      this.#colon();
      this.#skipSpaces();
      let valueStart = keyEnd;
      let value: Plain = null;
      const code = this.#code();
      if (code === char.newline || code === char.hash || code === char.end) {
        this.#toContent();
        const column = this.#column();
        if (this.#at < this.#text.length && (column > indent || (column === indent && this.#isDash()))) {
          valueStart = this.#at;
          value = this.#below(indent, column);
          end = this.#contentEnd;
        } else {
          end = keyEnd + 1;
        }
      } else {
        valueStart = this.#at;
        value = this.#inline(indent);
        end = this.#at;
        this.#endOfLine();
      }
      this.#add(map, key, value);
      const valueEnd = value === null && valueStart === keyEnd ? keyEnd : end;
      entries.push({ key, file: this.#file, keyStart, keyEnd, valueStart, valueEnd });
    } while (this.#continues(indent));
    this.#contentEnd = end;
    this.#marks.markMap(map, { file: this.#file, start, end }, entries);
    return map;
  }

  /** A value that starts on a line of its own. */
  #below(indent: number, column: number): Plain {
    const code = this.#code();
    if (code !== char.openBrace && code !== char.openBracket) {
      return this.#isDash() ? this.#blockList(column) : this.#blockMap(column);
    }
    const value = this.#flow(indent);
    this.#contentEnd = this.#at;
    this.#endOfLine();
    return value;
  }

  #blockList(indent: number): Plain[] {
    const list: Plain[] = [];
    const items: Span[] = [];
    const start = this.#at;
    let end = start;
    do {
      if (!this.#isDash()) {
        // After a list at the column of its key comes the next key.
        break;
      }
      this.#at += 1;
      this.#skipSpaces();
      const code = this.#code();
      if (code === char.newline || code === char.end || code === char.hash || this.#isDash())
        throw new NotPlain();
      const itemStart = this.#at;
      let value: Plain;
      if (this.#startsKey()) {
        value = this.#blockMap(this.#column());
        end = this.#contentEnd;
      } else {
        value = this.#inline(indent);
        end = this.#at;
        this.#endOfLine();
      }
      list.push(value);
      items.push({ file: this.#file, start: itemStart, end });
    } while (this.#continues(indent));
    this.#contentEnd = end;
    this.#marks.markList(list, { file: this.#file, start, end }, items);
    return list;
  }

  /** Where the block collection that was read last ends. */
  #contentEnd = 0;

  /** A value on the line of its key or dash. */
  #inline(indent: number): Plain {
    const code = this.#code();
    if (code === char.openBrace || code === char.openBracket) return this.#flow(indent);
    if (code === char.doubleQuote || code === char.singleQuote) return this.#quoted(code);
    return resolvePlain(this.#plain(false));
  }

  /** A flow collection; its further lines must be indented deeper than `indent`. */
  #flow(indent: number): Plain {
    return this.#code() === char.openBrace ? this.#flowMap(indent) : this.#flowList(indent);
  }

  #flowMap(indent: number): PlainMap {
    const map: PlainMap = {};
    const entries: EntryMark[] = [];
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      this.#skipInFlow(indent);
      if (this.#code() === char.closeBrace) break;
      const keyStart = this.#at;
      const key = this.#key(true);
      const keyEnd = this.#at;
      this.#colon();
      this.#skipInFlow(indent);
      const valueStart = this.#at;
      const value = this.#flowValue(indent);
      const valueEnd = this.#at;
      this.#add(map, key, value);
      entries.push({ key, file: this.#file, keyStart, keyEnd, valueStart, valueEnd });
      this.#skipInFlow(indent);
      if (this.#code() === char.comma) this.#at += 1;
      else if (this.#code() !== char.closeBrace) throw new NotPlain();
    }
    this.#at += 1;
    this.#marks.markMap(map, { file: this.#file, start, end: this.#at }, entries);
    return map;
  }

  #flowList(indent: number): Plain[] {
    const list: Plain[] = [];
    const items: Span[] = [];
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      this.#skipInFlow(indent);
      if (this.#code() === char.closeBracket) break;
      const itemStart = this.#at;
      list.push(this.#flowValue(indent));
      items.push({ file: this.#file, start: itemStart, end: this.#at });
      this.#skipInFlow(indent);
      if (this.#code() === char.comma) this.#at += 1;
      else if (this.#code() !== char.closeBracket) throw new NotPlain();
    }
    this.#at += 1;
    this.#marks.markList(list, { file: this.#file, start, end: this.#at }, items);
    return list;
  }

  #flowValue(indent: number): Plain {
    const code = this.#code();
    if (code === char.openBrace || code === char.openBracket) return this.#flow(indent);
    if (code === char.doubleQuote || code === char.singleQuote) return this.#quoted(code);
    return resolvePlain(this.#plain(true));
  }

  /** A key as it is written; the colon must follow at once. */
  #key(inFlow: boolean): string {
    const start = this.#at;
    const code = this.#code();
    const quoted = code === char.doubleQuote || code === char.singleQuote;
    const key = quoted ? this.#quoted(code) : this.#plain(inFlow);
    if (this.#code() !== char.colon || this.#at - start > longestKey) throw new NotPlain();
    if (key === '__proto__' || (!quoted && (key === '<<' || resolvePlain(key) === null)))
      throw new NotPlain();
    return key;
  }

  #colon(): void {
    this.#at += 1;
    const code = this.#code();
    if (code !== char.space && code !== char.newline && code !== char.end) throw new NotPlain();
  }

  /** A quoted text on one line, without escapes. */
  #quoted(quote: number): string {
    const start = this.#at + 1;
    for (let at = start; ; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === quote) {
        this.#at = at + 1;
        // Two single quotes are an escaped one.
        if (this.#code() === quote) throw new NotPlain();
        return this.#text.slice(start, at);
      }
      if (Number.isNaN(code) || code === char.newline || code === char.backslash) throw new NotPlain();
    }
  }

  /** A plain scalar, up to what ends it; spaces at its end are left out. */
  #plain(inFlow: boolean): string {
    const text = this.#text;
    const start = this.#at;
    const first = this.#code();
    const dash = first === char.dash && isBreak(text.charCodeAt(start + 1), inFlow);
    if (dash || startsNoScalar.has(first) || first === char.end || first === char.newline)
      throw new NotPlain();
    let end = start;
    let at = start;
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === char.newline) break;
      if (code === char.space) continue;
      if (code === char.hash && text.charCodeAt(at - 1) === char.space) break;
      if (code === char.colon && isBreak(text.charCodeAt(at + 1), inFlow)) break;
      if (inFlow && isFlowSign(code)) break;
      end = at + 1;
    }
    this.#at = end;
    if (end === start) throw new NotPlain();
    return text.slice(start, end);
  }

  /** True when a map starts here, on the line of a dash. */
  #startsKey(): boolean {
    const start = this.#at;
    const code = this.#code();
    if (code === char.openBrace || code === char.openBracket) return false;
    if (code === char.doubleQuote || code === char.singleQuote) this.#quoted(code);
    else this.#plain(false);
    const found = this.#code() === char.colon;
    this.#at = start;
    return found;
  }

  #add(map: PlainMap, key: string, value: Plain): void {
    if (Object.hasOwn(map, key)) throw new NotPlain();
    map[key] = value;
  }

  /** After a value: spaces, a comment, the end of the line, and on to the next content. */
  #endOfLine(): void {
    const before = this.#at;
    this.#skipSpaces();
    const code = this.#code();
    if (code === char.hash && this.#at === before) throw new NotPlain();
    if (code !== char.hash && code !== char.newline && code !== char.end) throw new NotPlain();
    this.#toContent();
  }

  /** Goes to the first character that is no space and in no comment, over as many lines as it takes. */
  #toContent(): void {
    const text = this.#text;
    for (;;) {
      this.#skipSpaces();
      const code = this.#code();
      if (code === char.hash) {
        const newline = text.indexOf('\n', this.#at);
        this.#at = newline < 0 ? text.length : newline;
      } else if (code === char.newline) {
        this.#at += 1;
        this.#lineStart = this.#at;
      } else {
        break;
      }
    }
    // Document markers stand at the start of a line.
    if (this.#column() === 0 && (text.startsWith('---', this.#at) || text.startsWith('...', this.#at))) {
      throw new NotPlain();
    }
  }

  /** Within a flow collection, to the next sign or scalar. */
  #skipInFlow(indent: number): void {
    const line = this.#lineStart;
    const before = this.#at;
    this.#skipSpaces();
    if (this.#code() === char.hash && this.#at === before) throw new NotPlain();
    this.#toContent();
    if (this.#at >= this.#text.length || (this.#lineStart !== line && this.#column() <= indent))
      throw new NotPlain();
  }

  /** True when the next content is another entry of the collection at `indent`; content that belongs nowhere is not plain. */
  #continues(indent: number): boolean {
    if (this.#at >= this.#text.length) return false;
    const column = this.#column();
    if (column > indent) throw new NotPlain();
    return column === indent;
  }

  /** A dash that starts an item of a list. */
  #isDash(): boolean {
    return this.#code() === char.dash && isBreak(this.#text.charCodeAt(this.#at + 1), false);
  }

  #skipSpaces(): void {
    while (this.#text.charCodeAt(this.#at) === char.space) this.#at += 1;
  }

  #column(): number {
    return this.#at - this.#lineStart;
  }

  #code(): number {
    return this.#at < this.#text.length ? this.#text.charCodeAt(this.#at) : char.end;
  }
}
