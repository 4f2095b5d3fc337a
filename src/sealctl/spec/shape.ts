import type { z } from 'zod';
import type { SourceRange } from '@sealctl/core/problem/problem';
import type { ReadContext } from './source/read-yaml.ts';
import { isPlainMap, stepInto, valueAt, type Plain, type PlainMap } from './source/plain.ts';
import { closest, suggestion } from './suggest.ts';
import { keysOfSchemaAt, isSecretAt } from './schema/walk.ts';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/**
 * Validates data against the schema, reports all violations, and removes them from `root`, so that semantic checks can continue with the
 * rest. For a wrong value it removes the innermost map entry. Returns the maps that are incomplete because of violations.
 */
export function checkShape(root: PlainMap, schema: z.ZodType, context: ReadContext): Set<object> {
  const result = schema.safeParse(root);
  if (result.success) return new Set();
  const check = new ShapeCheck(root, schema, context);
  for (const issue of unknownFirst(result.error.issues)) check.issue(issue, []);
  return check.prune();
}

/** Sorts unknown keys first, since a mistyped key explains a missing one. */
function unknownFirst(issues: readonly Issue[]): Issue[] {
  const [unknown, others] = [true, false].map((wanted) =>
    issues.filter((issue) => (issue.code === 'unrecognized_keys') === wanted),
  );
  return [...(unknown ?? []), ...(others ?? [])];
}

class ShapeCheck {
  readonly #root: PlainMap;
  readonly #schema: z.ZodType;
  readonly #context: ReadContext;
  readonly #wrong: Path[] = [];
  /** Keys that a mistyped key probably meant, by dotted path. */
  readonly #meant = new Set<string>();

  constructor(root: PlainMap, schema: z.ZodType, context: ReadContext) {
    this.#root = root;
    this.#schema = schema;
    this.#context = context;
  }

  issue(issue: Issue, base: Path): void {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) this.#unknownKey(path, key);
    } else if (issue.code === 'invalid_key') {
      this.#badName(issue, path);
    } else if (valueAt(this.#root, path) === undefined) {
      this.#missing(path);
    } else if (issue.code === 'invalid_union') {
      this.#union(issue, path);
    } else {
      this.#wrongValue(issue, path);
    }
  }

  prune(): Set<object> {
    const damaged = new Set<object>();
    for (const path of this.#wrong) {
      let owner: { readonly map: PlainMap; readonly key: string } | undefined;
      let value: Plain | undefined = this.#root;
      for (const step of path) {
        if (isPlainMap(value)) owner = { map: value, key: String(step) };
        value = stepInto(value, step);
        if (value === undefined) break;
      }
      if (owner === undefined) continue;
      delete owner.map[owner.key];
      damaged.add(owner.map);
    }
    return damaged;
  }

  #unknownKey(path: Path, key: string): void {
    const known = keysOfSchemaAt(this.#schema, path, this.#root);
    const near = closest(key, known);
    if (near !== undefined) this.#meant.add(dotted([...path, near]));
    const where = path.length === 0 ? 'the file' : `"${dotted(path)}"`;
    this.#add('unknown-key', `${where} has no key "${key}"`, this.#keyRange([...path, key]), {
      about: key,
      why: 'an unknown key has no effect, so it is refused',
      fix: near === undefined ? `known keys: ${known.join(', ')}` : `did you mean "${near}"?`,
    });
  }

  #union(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path): void {
    const fitting = issue.errors.filter(
      (branch) => !branch.some((inner) => inner.code === 'invalid_type' && inner.path.length === 0),
    );
    const fewest = Math.min(...fitting.map((branch) => branch.length));
    const near = fitting.filter((branch) => branch.length === fewest);
    const [only] = near;
    if (near.length === 1 && only !== undefined && only.some((inner) => inner.code !== 'invalid_value')) {
      for (const inner of only) this.issue(inner, path);
      return;
    }
    this.#wrongValue(issue, path);
  }

  #badName(issue: Extract<Issue, { code: 'invalid_key' }>, path: Path): void {
    this.#wrong.push(path);
    this.#add('bad-name', `"${String(path.at(-1))}" cannot be a name here`, this.#keyRange(path), {
      about: String(path.at(-1)),
      why: issue.issues[0]?.message ?? 'it does not fit',
      fix: 'choose another name',
    });
  }

  #missing(path: Path): void {
    this.#wrong.push(path);
    if (this.#meant.has(dotted(path))) return;
    const parent = path.slice(0, -1);
    const key = String(path.at(-1));
    const where = parent.length === 0 ? 'the file' : `"${dotted(parent)}"`;
    this.#add('missing-key', `${where} lacks the key "${key}"`, this.#ownerRange(parent), {
      about: key,
      fix: `add "${key}:"`,
    });
  }

  #wrongValue(issue: Issue, path: Path): void {
    this.#wrong.push(path);
    const value = valueAt(this.#root, path);
    const range = this.#valueRange(path);
    const name = `"${dotted(path)}"`;
    const about = String(path.at(-1));
    if (typeof value === 'string' && isSecretAt(this.#schema, path, this.#root)) {
      this.#add('literal-secret', `${name} is written out here`, range, {
        about,
        why: 'cluster.yaml is shared and kept in version control; secrets in it reach whoever reads it',
        fix: 'replace it by a reference: {env: NAME}, {file: PATH} or {command: [PROGRAM, ...]}',
      });
      return;
    }
    if (issue.code === 'invalid_value') {
      const options = issue.values.map(String);
      const hint = typeof value === 'object' ? undefined : suggestion(String(value), options);
      this.#add('bad-value', `${name} cannot be ${shown(value)}`, range, {
        about,
        why: issue.message.startsWith('Invalid') ? `expected ${list(options)}` : issue.message,
        ...(hint?.startsWith('did') && { fix: hint }),
      });
      return;
    }
    const expected =
      issue.code === 'invalid_type' && issue.message.startsWith('Invalid')
        ? typeNames[issue.expected]
        : undefined;
    this.#add('bad-value', `${name} cannot be ${shown(value)}`, range, {
      about,
      why: boundOf(issue) ?? (expected === undefined ? lowerFirst(issue.message) : `expected ${expected}`),
      ...fixFor(value, expected),
      ...this.#meantKey(path),
    });
  }

  /** The suggestion for a map that matches no form of a value because of one misspelled key. */
  #meantKey(path: Path): { readonly fix?: string } {
    const value = valueAt(this.#root, path);
    if (!isPlainMap(value)) return {};
    const known = keysOfSchemaAt(this.#schema, path, this.#root);
    const near = Object.keys(value).flatMap((key) => (known.includes(key) ? [] : [closest(key, known)]));
    return near[0] === undefined ? {} : { fix: `did you mean "${near[0]}"?` };
  }

  #add(
    code: string,
    summary: string,
    range: SourceRange | undefined,
    more: { readonly about: string; readonly why?: string; readonly fix?: string },
  ): void {
    this.#context.report.add({ code, summary, range, ...more });
  }

  #keyRange(path: Path): SourceRange | undefined {
    const owner = valueAt(this.#root, path.slice(0, -1));
    const key = path.at(-1);
    if (typeof owner !== 'object' || owner === null || key === undefined)
      return this.#ownerRange(path.slice(0, -1));
    return this.#context.marks.keyRange(owner, String(key)) ?? this.#ownerRange(path.slice(0, -1));
  }

  /** The range of a value, or of its key when the value is empty. */
  #valueRange(path: Path): SourceRange | undefined {
    const owner = valueAt(this.#root, path.slice(0, -1));
    const key = path.at(-1);
    if (typeof owner !== 'object' || owner === null || key === undefined) return this.#ownerRange(path);
    const { marks } = this.#context;
    const span = marks.valueSpan(owner, String(key));
    if (span === undefined || span.start === span.end) return this.#keyRange(path);
    return marks.valueRange(owner, String(key));
  }

  /** The range that represents a map with a missing key: the map's key, the item of a list, or the start of the file. */
  #ownerRange(path: Path): SourceRange | undefined {
    const key = path.at(-1);
    if (key !== undefined) {
      const owner = valueAt(this.#root, path.slice(0, -1));
      if (isPlainMap(owner)) return this.#context.marks.keyRange(owner, String(key));
    }
    const whole = valueAt(this.#root, path);
    const range = typeof whole === 'object' && whole !== null ? this.#context.marks.range(whole) : undefined;
    return range && { ...range, endLine: range.line, endColumn: range.column + 1 };
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
};

/** The bound that a number or list violates. */
function boundOf(issue: Issue): string | undefined {
  if (issue.code === 'too_small') {
    return issue.origin === 'array' ? 'it needs at least one entry' : `expected at least ${issue.minimum}`;
  }
  return issue.code === 'too_big' ? `expected at most ${issue.maximum}` : undefined;
}

function fixFor(value: Plain | undefined, expected: string | undefined): { readonly fix?: string } {
  if (value === null) return { fix: 'write a value after the key, or take the key out' };
  if (expected === 'a text' && (typeof value === 'number' || typeof value === 'boolean'))
    return { fix: 'put it in quotes' };
  if (expected?.endsWith('number') && typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value))
    return { fix: `write ${value} without quotes` };
  if (expected === 'a list' && typeof value !== 'object') return { fix: `write [${String(value)}]` };
  return {};
}

function shown(value: Plain | undefined): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}

function list(options: readonly string[]): string {
  return options.length < 2 ? options.join('') : `${options.slice(0, -1).join(', ')} or ${options.at(-1)}`;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** A path in the notation of operators: `hosts.worker-1.storage[0].path`. */
export function dotted(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? String(step) : `.${String(step)}`;
  }
  return text;
}
