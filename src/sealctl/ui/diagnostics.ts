import stringWidth from 'string-width';
import type { Place, Problem, SourceRange } from '@sealctl/core/problem/problem';
import { maskTokens } from '@sealctl/core/secret/literal';
import { colorsFor, type Colors } from '@sealctl/core/text/colors';
import { Snippets } from './snippet.ts';
import { wrap } from '@sealctl/core/text/wrap';

export interface ProblemView {
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** Reads the file a problem is about. An unreadable file is shown without its text. */
  readonly files: { readonly read: (path: string) => string };
}

/**
 * Problems as a person reads them: what, where with the line and the place underlined, why, and what to do; then a count. Text that a
 * problem says is a written-out secret is masked in every snippet.
 */
export function renderProblems(problems: readonly Problem[], view: ProblemView): string {
  const colors = colorsFor(view.color);
  const snippets = new Snippets(view.files, secretRanges(problems));
  const blocks = problems.map((problem) => renderProblem(problem, view, colors, snippets));
  return [...blocks, countLine(problems, colors)].join('\n');
}

/** `1 error, 2 warnings`. */
export function countOf(problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const warnings = problems.length - errors;
  return [plural(errors, 'error'), plural(warnings, 'warning')].filter((part) => part !== '').join(', ');
}

function renderProblem(problem: Problem, view: ProblemView, colors: Colors, snippets: Snippets): string {
  const paint = problem.severity === 'error' ? colors.red : colors.yellow;
  const head = `${problem.severity}[${problem.code}]: `;
  const [first = '', ...rest] = wrap(maskTokens(problem.summary), view.width - head.length);
  const indent = ' '.repeat(head.length);
  const lines = [
    `${colors.bold(paint(head.slice(0, -2)))}${colors.bold(`: ${first}`)}`,
    ...rest.map((line) => colors.bold(`${indent}${line}`)),
  ];
  const range = problem.where?.in === 'source' ? problem.where.range : undefined;
  const margin = range === undefined ? 2 : String(range.line).length;
  if (problem.where !== undefined)
    lines.push(`${' '.repeat(margin)}${colors.blue('-->')} ${placeText(problem.where)}`);
  if (range !== undefined) lines.push(...snippetLines(range, view, colors, paint, snippets));
  lines.push(
    ...note('why', problem.why, margin, view, colors),
    ...note('fix', problem.fix, margin, view, colors),
  );
  return `${lines.join('\n')}\n`;
}

/** A place as `file:line:column`, a host and path, or an argument. */
export function placeText(place: Place): string {
  switch (place.in) {
    case 'source':
      return `${place.range.file}:${place.range.line}:${place.range.column}`;
    case 'host':
      return place.path === undefined ? `host ${place.host}` : `host ${place.host}, ${place.path}`;
    case 'command line':
      return `argument ${place.argument}`;
  }
}

function snippetLines(
  range: SourceRange,
  view: ProblemView,
  colors: Colors,
  paint: (text: string) => string,
  snippets: Snippets,
): string[] {
  const number = String(range.line);
  const bar = colors.blue('|');
  const empty = `${' '.repeat(number.length)} ${bar}`;
  const snippet = snippets.of(range, view.width - number.length - 3);
  if (snippet === undefined) return [];
  const underline = '^'.repeat(Math.max(1, stringWidth(snippet.marked)));
  return [
    empty,
    `${colors.blue(number)} ${bar} ${snippet.before}${snippet.marked}${snippet.after}`,
    `${empty} ${' '.repeat(stringWidth(snippet.before))}${paint(underline)}`,
  ];
}

function note(
  title: string,
  text: string | undefined,
  margin: number,
  view: ProblemView,
  colors: Colors,
): string[] {
  if (text === undefined) return [];
  const lead = `${' '.repeat(margin)} = ${title}: `;
  const [first = '', ...rest] = wrap(maskTokens(text), view.width - lead.length);
  return [
    `${' '.repeat(margin)} ${colors.blue('=')} ${colors.bold(`${title}:`)} ${first}`,
    ...rest.map((line) => `${' '.repeat(lead.length)}${line}`),
  ];
}

function secretRanges(problems: readonly Problem[]): SourceRange[] {
  return problems.flatMap((problem) =>
    problem.code === 'literal-secret' && problem.where?.in === 'source' ? [problem.where.range] : [],
  );
}

function countLine(problems: readonly Problem[], colors: Colors): string {
  return problems.length === 0 ? '' : `${colors.bold(countOf(problems))}\n`;
}

function plural(count: number, noun: string): string {
  if (count === 0) return '';
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
