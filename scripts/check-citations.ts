import { readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import {
  anchorsOf,
  citationsOfPage,
  citationsOfSource,
  sectionsOf,
  type Citation,
  type Target,
} from './citations.ts';

/** Folders of what is built, installed or recorded, and of files that are wrong or foreign on purpose. */
const leftOut = new Set([
  '.git',
  'node_modules',
  'dist',
  'build',
  'build-tests',
  'prebuilds',
  'coverage',
  'golden',
  'broken',
]);
const placeholderPattern = /(?<![A-Z\d])(?:NNNN|NAME|FILE)(?![A-Z\d])/;
const sourcePattern = /\.(?:ts|mts|mjs|h|cpp)$/;
const hashPattern = /(?:\.(?:gyp|gypi|sh|cmake)|(?:^|\/)(?:Makefile|CMakeLists\.txt))$/;

/**
 * Everything that comments and Markdown pages cite and that does not exist: sections of pages, pages, anchors, decision records and
 * files, as `file:line: cites what, which does not exist`.
 */
export function danglingCitations(root: string): string[] {
  const tree = new Tree(root);
  return tree.files.flatMap((file) => {
    const lines = tree
      .citationsOf(file)
      .flatMap(({ target, line }) => tree.lackOf(file, target).map((what) => ({ line, what })));
    lines.sort((a, b) => a.line - b.line);
    return [
      ...new Set(lines.map(({ line, what }) => `${file}:${line}: cites ${what}, which does not exist`)),
    ];
  });
}

class Tree {
  readonly files: readonly string[];
  readonly #root: string;
  readonly #folders: ReadonlySet<string>;
  readonly #topFolders: readonly string[];
  readonly #pages = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
    this.files = filesBelow(root, '').sort((a, b) => a.localeCompare(b));
    this.#folders = new Set(this.files.flatMap(foldersOf));
    this.#topFolders = [...this.#folders].filter(
      (folder) => !folder.includes('/') && !folder.startsWith('.'),
    );
  }

  citationsOf(file: string): readonly Citation[] {
    if (file.endsWith('.md')) return citationsOfPage(file, this.#textOf(file), this.#topFolders);
    if (!sourcePattern.test(file) && !hashPattern.test(file)) return [];
    const text = readFileSync(join(this.#root, file), 'utf8');
    return citationsOfSource(text, this.#topFolders, {
      hash: hashPattern.test(file),
      strings: file.startsWith('src/'),
    });
  }

  /** What of a target is not there, seen from a file; nothing when all of it is. */
  lackOf(file: string, target: Target): string[] {
    switch (target.kind) {
      case 'path':
        return this.#find(file, target.path) === undefined ? [target.path] : [];
      case 'section': {
        const { page, number } = target;
        if (page === undefined) return [`section ${number} of a page that it does not name`];
        const found = this.#find(file, page);
        // A page that is not there is told as a path.
        if (found === undefined || !this.files.includes(found)) return [];
        return sectionsOf(this.#textOf(found)).has(number) ? [] : [`section ${number} of ${page}`];
      }
      case 'link': {
        const path = target.page === '' ? file : posix.join(posix.dirname(file), target.page);
        if (!this.#exists(path)) return [target.page];
        if (target.anchor === '' || !path.endsWith('.md')) return [];
        return anchorsOf(this.#textOf(path)).has(target.anchor) ? [] : [`${target.page}#${target.anchor}`];
      }
      case 'decision': {
        const start = `docs/adr/${target.number}-`;
        return this.files.some((name) => name.startsWith(start)) ? [] : [`ADR ${target.number}`];
      }
    }
  }

  /** The file or folder that a path means in a file: from there, from the root, or, unless it begins at the top, any with this end. */
  #find(file: string, path: string): string | undefined {
    if (this.#isForeign(path)) return path;
    const near = posix.join(posix.dirname(file), path);
    const exact = [near, posix.normalize(path)].find((candidate) => this.#exists(candidate));
    if (exact !== undefined || this.#topFolders.some((folder) => path.startsWith(`${folder}/`))) return exact;
    if (path.startsWith('.')) return undefined;
    return this.files.find((name) => name.endsWith(`/${path}`) || matches(`*/${path}`, name));
  }

  /** Whether it is nothing of this tree: built, with a name to fill in, or of a language that the tree has no file of. */
  #isForeign(path: string): boolean {
    const extension = posix.extname(path);
    return (
      placeholderPattern.test(path) ||
      path.split('/').some((part) => leftOut.has(part)) ||
      (extension !== '' && !this.files.some((file) => file.endsWith(extension)))
    );
  }

  #exists(path: string): boolean {
    const name = path.replace(/\/$/, '');
    if (name.includes('*')) return this.files.some((file) => matches(name, file));
    return name === '.' || this.#folders.has(name) || this.files.includes(name);
  }

  #textOf(page: string): string {
    const text = this.#pages.get(page) ?? readFileSync(join(this.#root, page), 'utf8');
    this.#pages.set(page, text);
    return text;
  }
}

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (leftOut.has(entry.name)) return [];
    if (entry.isDirectory()) return filesBelow(root, path);
    return entry.isFile() ? [path] : [];
  });
}

function foldersOf(file: string): string[] {
  const folder = posix.dirname(file);
  return folder === '.' ? [] : [folder, ...foldersOf(folder)];
}

/** Whether a pattern, in which `*` stands for any part of a path, is of this file. */
function matches(pattern: string, file: string): boolean {
  if (!pattern.includes('*')) return false;
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`).test(file);
}
