import { dirname, join } from 'node:path';
import { messageOf, type SourceRange } from '@sealctl/core/problem/problem';
import { tokensIn } from '@sealctl/core/secret/literal';
import type { FileReader } from '../file-reader.ts';
import { mergeParts } from './merge-parts.ts';
import { isPlainMap, type PlainMap } from './plain.ts';
import { readYaml, type ReadContext, type YamlReading } from './read-yaml.ts';
import { rangeOf, sourceFile, type SourceFile } from './source-file.ts';

export interface FilesContext extends ReadContext {
  readonly files: FileReader;
  /** All files that were read or not found, in order. */
  readonly sources: Map<string, SourceFile>;
  /** The range of the first syntax error that breaks the structure of a file, by path. */
  readonly broken: Map<string, SourceRange>;
}

/**
 * Reads a cluster file with its includes as one map. Included paths are relative to the including file. A file that is included twice is
 * read once; a file that includes itself, directly or indirectly, is an error. Returns undefined when the first file is not a map.
 */
export function readWithIncludes(path: string, context: FilesContext): PlainMap | undefined {
  const parts: PlainMap[] = [];
  readPart(path, [], new Set(), parts, context);
  const [first] = parts;
  return first === undefined || parts.length === 1 ? first : mergeParts(first, parts.slice(1), context);
}

/** Reads one file as data; reports syntax errors and tokens in plain text. Returns undefined when the file cannot be read or is empty. */
export function readSource(
  path: string,
  context: FilesContext,
): YamlReading | { readonly unreadable: string } {
  let text: string;
  try {
    text = context.files
      .read(path)
      .replaceAll('\r\n', '\n')
      .replace(/^\uFEFF/, '');
  } catch (error) {
    context.sources.set(path, sourceFile(path, ''));
    return { unreadable: reasonOf(error) };
  }
  const file = sourceFile(path, text);
  context.sources.set(path, file);
  for (const { start, end } of tokensIn(text)) {
    context.report.add({
      code: 'literal-secret',
      summary: 'a token is written out here',
      range: rangeOf(file, start, end),
      why: 'the file is shared and kept in version control; a token in it gives whoever reads it the whole cluster',
      fix: 'replace it by a reference: {env: NAME}, {file: PATH} or {command: [PROGRAM, ...]}; and revoke this token',
    });
  }
  return readYaml(file, context);
}

function readPart(
  path: string,
  trail: readonly string[],
  done: Set<string>,
  parts: PlainMap[],
  context: FilesContext,
  includedBy?: { readonly name: string; readonly range: SourceRange | undefined },
): void {
  done.add(path);
  const read = readSource(path, context);
  const file = context.sources.get(path);
  if ('unreadable' in read) {
    context.report.add(
      includedBy === undefined
        ? {
            code: 'file-unreadable',
            summary: `${path} cannot be read: ${read.unreadable}`,
            range: undefined,
            fix: 'give the path of a cluster.yaml, such as --file cluster.yaml',
          }
        : {
            code: 'include-unreadable',
            summary: `the included file ${includedBy.name} cannot be read: ${read.unreadable}`,
            range: includedBy.range,
            why: `the path resolves to ${path}; paths are relative to the file that contains them`,
            fix: /[*?[\]]/.test(includedBy.name)
              ? 'patterns are not understood here: name every file'
              : 'correct the path, or take the include out',
          },
    );
    return;
  }
  if (read.brokenFrom !== undefined && file !== undefined)
    context.broken.set(path, rangeOf(file, read.brokenFrom, read.brokenFrom));
  if (!isPlainMap(read.data)) {
    if (read.brokenFrom !== undefined) return;
    context.report.add({
      code: 'not-a-map',
      summary:
        read.data === undefined || read.data === null ? `${path} is empty` : `${path} does not hold a map`,
      range: file && rangeOf(file, 0, 1),
      fix: 'start with "version: 1" and the keys of docs/cluster-yaml.md',
    });
    return;
  }
  parts.push(read.data);
  const includes = read.data['include'];
  if (!Array.isArray(includes)) return;
  for (const [index, include] of includes.entries()) {
    if (typeof include !== 'string' || include === '') continue;
    const target = include.startsWith('/') ? include : join(dirname(path), include);
    const range = context.marks.valueRange(includes, index);
    if (target === path || trail.includes(target)) {
      context.report.add({
        code: 'include-cycle',
        summary: `${include} includes itself`,
        range,
        why: `the cycle is ${[...trail, path, target].join(' -> ')}`,
        fix: 'take one of these includes out',
      });
    } else if (!done.has(target)) {
      readPart(target, [...trail, path], done, parts, context, { name: include, range });
    }
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission is denied';
  if (code === 'EISDIR') return 'it is a directory';
  return messageOf(error);
}
