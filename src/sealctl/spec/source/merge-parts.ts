import type { EntryMark } from './marks.ts';
import { isPlainMap, type Plain, type PlainMap } from './plain.ts';
import type { ReadContext } from './read-yaml.ts';
import { rangeOf } from './source-file.ts';

/** A map being merged from several files, with the places of its entries. */
interface Merged {
  readonly map: PlainMap;
  readonly entries: Map<string, EntryMark>;
}

/**
 * Merges included files into the first. Maps such as `hosts` or `defaults` get the entries of all files. Any other value may be set only
 * once, or several times to the same value. Reports a duplicate at its second place; the first counts.
 */
export function mergeParts(first: PlainMap, others: readonly PlainMap[], context: ReadContext): PlainMap {
  const root = copyOf(first, context);
  const sections = new Map<string, Merged>();
  for (const part of others) {
    for (const key of context.marks.keys(part)) {
      const entry = context.marks.entry(part, key);
      const value = part[key];
      if (entry === undefined || value === undefined || key === 'include') continue;
      const present = root.map[key];
      if (present === undefined) {
        root.map[key] = value;
        root.entries.set(key, entry);
      } else if (isPlainMap(present) && isPlainMap(value)) {
        const section = sections.get(key) ?? copyOf(present, context);
        sections.set(key, section);
        root.map[key] = section.map;
        addEntries(section, value, key, context);
      } else if (!sameScalar(present, value)) {
        reportTwice(key, entry, root.entries.get(key), context);
      }
    }
  }
  for (const [key, section] of sections) markAgain(section, first[key] ?? section.map, context);
  markAgain(root, first, context);
  return root.map;
}

function addEntries(section: Merged, part: PlainMap, name: string, context: ReadContext): void {
  for (const key of context.marks.keys(part)) {
    const entry = context.marks.entry(part, key);
    const value = part[key];
    if (entry === undefined || value === undefined) continue;
    if (section.entries.has(key)) {
      reportTwice(`${name}.${key}`, entry, section.entries.get(key), context);
    } else {
      section.map[key] = value;
      section.entries.set(key, entry);
    }
  }
}

function copyOf(map: PlainMap, context: ReadContext): Merged {
  const entries = new Map<string, EntryMark>();
  for (const key of context.marks.keys(map)) {
    const entry = context.marks.entry(map, key);
    if (entry !== undefined) entries.set(key, entry);
  }
  return { map: { ...map }, entries };
}

function markAgain(merged: Merged, original: Plain, context: ReadContext): void {
  const [anyEntry] = merged.entries.values();
  const span =
    (isPlainMap(original) ? context.marks.span(original) : undefined) ??
    (anyEntry && { file: anyEntry.file, start: anyEntry.keyStart, end: anyEntry.valueEnd });
  if (span !== undefined) context.marks.markMap(merged.map, span, merged.entries);
}

function sameScalar(a: Plain, b: Plain): boolean {
  return typeof a !== 'object' && a === b;
}

function reportTwice(
  path: string,
  second: EntryMark,
  first: EntryMark | undefined,
  context: ReadContext,
): void {
  const place = first && rangeOf(first.file, first.keyStart, first.keyEnd);
  context.report.add({
    code: 'include-conflict',
    summary: `"${path}" is given in two files`,
    range: rangeOf(second.file, second.keyStart, second.keyEnd),
    ...(place && { why: `its first entry is in ${place.file}, line ${place.line}` }),
    fix: 'keep it in one of them',
  });
}
