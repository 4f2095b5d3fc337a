import type { Problem, SourceRange } from '@sealctl/core/problem/problem';
import { maskTokens } from '@sealctl/core/secret/literal';

/** A problem of the cluster file. */
export interface Finding {
  readonly code: string;
  /** The default is an error. */
  readonly severity?: Problem['severity'];
  readonly summary: string;
  readonly range: SourceRange | undefined;
  readonly why?: string;
  readonly fix?: string;
  /**
   * Distinguishes findings with the same code and place; the default is the summary. Because of aliases, several paths can lead to one
   * place.
   */
  readonly about?: string;
}

/**
 * Collects problems while a cluster file is read. A problem that is found twice, through aliases or layers, is reported once. Tokens are
 * masked in every text, so that a problem may quote the file.
 */
export class Report {
  readonly #problems = new Map<string, Problem>();

  add(finding: Finding): void {
    const { range, about = finding.summary, ...rest } = finding;
    this.keep({ severity: 'error', ...rest, ...(range && { where: { in: 'source', range } }) }, about);
  }

  keep(problem: Problem, about = problem.summary): void {
    const range = problem.where?.in === 'source' ? problem.where.range : undefined;
    const key = `${problem.code}\0${range?.file}\0${range?.line}\0${range?.column}\0${about}`;
    if (!this.#problems.has(key)) this.#problems.set(key, masked(problem));
  }

  /** All problems, sorted by place. */
  problems(): Problem[] {
    return [...this.#problems.values()].sort(byPlace);
  }
}

function masked(problem: Problem): Problem {
  const { summary, why, fix } = problem;
  return {
    ...problem,
    summary: maskTokens(summary),
    ...(why !== undefined && { why: maskTokens(why) }),
    ...(fix !== undefined && { fix: maskTokens(fix) }),
  };
}

function byPlace(a: Problem, b: Problem): number {
  const left = a.where?.in === 'source' ? a.where.range : undefined;
  const right = b.where?.in === 'source' ? b.where.range : undefined;
  if (left === undefined || right === undefined)
    return Number(left === undefined) - Number(right === undefined);
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || left.column - right.column;
}
