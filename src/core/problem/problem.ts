/** A place in a file an operator wrote. Lines and columns count from 1; the end is exclusive. */
export interface SourceRange {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** The place of a problem: in a file of the operator, or on a host, there perhaps at a path. */
export type Place =
  | { readonly in: 'source'; readonly range: SourceRange }
  | { readonly in: 'host'; readonly host: string; readonly path?: string }
  | { readonly in: 'command line'; readonly argument: string };

/**
 * One problem, described so that the reader can act: what (`summary`), where, why, and what to do (`fix`). Problems are
 * collected and shown together; the first never hides the second. None of the texts may hold a secret's value.
 */
export interface Problem {
  /** Stable, kebab-case, such as `unknown-key`; documented and usable in scripts. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly summary: string;
  readonly where?: Place;
  readonly why?: string;
  readonly fix?: string;
}

/** The one exception type that carries problems to the command line. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map((problem) => problem.summary).join('\n'), options);
    this.problems = problems;
  }
}

/** A `ProblemError` of one error. */
export function fail(problem: Omit<Problem, 'severity'>, options?: ErrorOptions): ProblemError {
  return new ProblemError([{ ...problem, severity: 'error' }], options);
}

/** True when at least one problem is an error. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === 'error');
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
