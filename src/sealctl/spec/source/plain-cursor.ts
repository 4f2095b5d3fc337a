import { char, isBreak, isFlowSign, NotPlain, resolvePlain, startsNoScalar } from './plain-scalar.ts';

const longestKey = 1000;

/** Goes through the text of a plain YAML file, scalar by scalar; throws `NotPlain` at what only a full parser understands. */
export class PlainCursor {
  readonly text: string;
  /** Offset of the next character. */
  at = 0;
  /** Offset of the first character of its line. */
  lineStart = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** True behind the last character. */
  get ended(): boolean {
    return this.at >= this.text.length;
  }

  /** A key as it is written; the colon must follow at once. */
  key(inFlow: boolean): string {
    const start = this.at;
    const code = this.code();
    const quoted = code === char.doubleQuote || code === char.singleQuote;
    const key = quoted ? this.quoted(code) : this.plain(inFlow);
    if (this.code() !== char.colon || this.at - start > longestKey) throw new NotPlain();
    if (key === '__proto__' || (!quoted && (key === '<<' || resolvePlain(key) === null)))
      throw new NotPlain();
    return key;
  }

  colon(): void {
    this.at += 1;
    const code = this.code();
    if (code !== char.space && code !== char.newline && code !== char.end) throw new NotPlain();
  }

  /** A quoted text on one line, without escapes. */
  quoted(quote: number): string {
    const start = this.at + 1;
    for (let at = start; ; at += 1) {
      const code = this.text.charCodeAt(at);
      if (code === quote) {
        this.at = at + 1;
        // Two single quotes are an escaped one.
        if (this.code() === quote) throw new NotPlain();
        return this.text.slice(start, at);
      }
      if (Number.isNaN(code) || code === char.newline || code === char.backslash) throw new NotPlain();
    }
  }

  /** A plain scalar, up to what ends it; spaces at its end are left out. */
  plain(inFlow: boolean): string {
    const text = this.text;
    const start = this.at;
    const first = this.code();
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
    this.at = end;
    if (end === start) throw new NotPlain();
    return text.slice(start, end);
  }

  /** True when a map starts here, on the line of a dash. */
  startsKey(): boolean {
    const start = this.at;
    const code = this.code();
    if (code === char.openBrace || code === char.openBracket) return false;
    if (code === char.doubleQuote || code === char.singleQuote) this.quoted(code);
    else this.plain(false);
    const found = this.code() === char.colon;
    this.at = start;
    return found;
  }

  /** After a value: spaces, a comment, the end of the line, and on to the next content. */
  endOfLine(): void {
    const before = this.at;
    this.skipSpaces();
    const code = this.code();
    if (code === char.hash && this.at === before) throw new NotPlain();
    if (code !== char.hash && code !== char.newline && code !== char.end) throw new NotPlain();
    this.toContent();
  }

  /** Goes to the first character that is no space and in no comment, over as many lines as it takes. */
  toContent(): void {
    const text = this.text;
    for (;;) {
      this.skipSpaces();
      const code = this.code();
      if (code === char.hash) {
        const newline = text.indexOf('\n', this.at);
        this.at = newline < 0 ? text.length : newline;
      } else if (code === char.newline) {
        this.at += 1;
        this.lineStart = this.at;
      } else {
        break;
      }
    }
    // Document markers stand at the start of a line.
    if (this.column() === 0 && (text.startsWith('---', this.at) || text.startsWith('...', this.at))) {
      throw new NotPlain();
    }
  }

  /** Within a flow collection, to the next sign or scalar. */
  skipInFlow(indent: number): void {
    const line = this.lineStart;
    const before = this.at;
    this.skipSpaces();
    if (this.code() === char.hash && this.at === before) throw new NotPlain();
    this.toContent();
    if (this.at >= this.text.length || (this.lineStart !== line && this.column() <= indent))
      throw new NotPlain();
  }

  /** True when the next content is another entry of the collection at `indent`; content that belongs nowhere is not plain. */
  continues(indent: number): boolean {
    if (this.at >= this.text.length) return false;
    const column = this.column();
    if (column > indent) throw new NotPlain();
    return column === indent;
  }

  /** A dash that starts an item of a list. */
  isDash(): boolean {
    return this.code() === char.dash && isBreak(this.text.charCodeAt(this.at + 1), false);
  }

  skipSpaces(): void {
    while (this.text.charCodeAt(this.at) === char.space) this.at += 1;
  }

  column(): number {
    return this.at - this.lineStart;
  }

  code(): number {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : char.end;
  }
}
