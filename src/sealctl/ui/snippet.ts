import type { SourceRange } from '@sealctl/core/problem/problem';
import { mask, tokensIn } from '@sealctl/core/secret/literal';

/** One line of a file, cut at the place a problem is about; secrets masked, tabs as spaces. */
export interface Snippet {
  readonly before: string;
  readonly marked: string;
  readonly after: string;
}

/** Values after a key that names a secret; a reference in braces, or one that goes on below, is none. */
const secretKeys =
  /(?<key>["']?[\w-]*(?:token|password|passwd|secret|api_info)["']?\s*:\s+)(?<value>[^\s{}[\]#,&*][^\s,}\]]*)/gi;

/** The lines of files that problems stand in, each file read once. */
export class Snippets {
  readonly #files: { readonly read: (path: string) => string };
  readonly #secrets: readonly SourceRange[];
  readonly #lines = new Map<string, readonly string[] | undefined>();

  constructor(files: { readonly read: (path: string) => string }, secrets: readonly SourceRange[]) {
    this.#files = files;
    this.#secrets = secrets;
  }

  /** The snippet of a place, at most `width` columns of it; undefined when the file cannot be read or has no such line. */
  of(range: SourceRange, width: number): Snippet | undefined {
    const line = this.#linesOf(range.file)?.[range.line - 1];
    if (line === undefined) return undefined;
    const start = range.column - 1;
    const end = range.endLine === range.line ? Math.max(range.endColumn - 1, start) : line.trimEnd().length;
    return narrowed(
      {
        before: this.#shown(range, line, 0, start),
        marked: this.#shown(range, line, start, end),
        after: this.#shown(range, line, end, line.length).trimEnd(),
      },
      width,
    );
  }

  #linesOf(file: string): readonly string[] | undefined {
    if (!this.#lines.has(file)) {
      try {
        this.#lines.set(file, this.#files.read(file).split(/\r?\n/));
      } catch {
        // The place is still told; the file may be the very thing that cannot be read.
        this.#lines.set(file, undefined);
      }
    }
    return this.#lines.get(file);
  }

  /** Part of a line with what stands in a secret's range masked. */
  #shown(range: SourceRange, line: string, start: number, end: number): string {
    let text = '';
    let at = start;
    for (const secret of this.#secretsOn(range, line)) {
      const from = Math.max(secret.start, at);
      const to = Math.min(secret.end, end);
      if (to <= from) continue;
      text += line.slice(at, from) + mask;
      at = to;
    }
    text += line.slice(at, end);
    return text.replaceAll('\t', '  ').replaceAll(/\p{Cc}/gu, ' ');
  }

  #secretsOn(range: SourceRange, line: string): { readonly start: number; readonly end: number }[] {
    const told = this.#secrets
      .filter((one) => one.file === range.file && one.line <= range.line && range.line <= one.endLine)
      .map((one) => ({
        start: one.line === range.line ? one.column - 1 : 0,
        end: one.endLine === range.line ? one.endColumn - 1 : line.length,
      }));
    const guessed = [...line.matchAll(secretKeys)].map((match) => {
      const start = match.index + (match.groups?.['key']?.length ?? 0);
      return { start, end: start + (match.groups?.['value']?.length ?? 0) };
    });
    return [...told, ...guessed, ...tokensIn(line)].sort((a, b) => a.start - b.start);
  }
}

/** Cuts a line that is too long around its marked part. */
function narrowed(snippet: Snippet, width: number): Snippet {
  let { before, marked, after } = snippet;
  const columns = Math.max(width, 20);
  if (marked.length > columns) marked = `${marked.slice(0, columns - 1)}…`;
  const left = columns - marked.length;
  if (before.length + after.length > left) {
    const keepAfter = Math.min(after.length, Math.max(left - before.length, Math.floor(left / 3)));
    const keepBefore = Math.min(before.length, left - keepAfter);
    if (keepBefore < before.length)
      before = keepBefore < 2 ? '' : `…${before.slice(before.length - keepBefore + 1)}`;
    if (keepAfter < after.length) after = keepAfter < 2 ? '' : `${after.slice(0, keepAfter - 1)}…`;
  }
  return { before, marked, after };
}
