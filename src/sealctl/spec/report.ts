import type { Problem, SourceRange } from '@sealctl/core/problem/problem';
import { maskTokens } from '@sealctl/core/secret/literal';

/** A problem of the cluster file before it has a place to be kept in. */
export interface Finding {
  readonly code: string;
  /** An error unless said otherwise. */
  readonly severity?: Problem['severity'];
  readonly summary: string;
  readonly range: SourceRange | undefined;
  readonly why?: string;
  readonly fix?: string;
  /** Tells findings of one code at one place apart; the summary where absent. Aliases lead to one place under several paths. */
  readonly about?: string;
}

/**
 * Collects problems while a cluster file is read. What is reached twice, through aliases or layers, is told once. Tokens are masked in
 * every text, so that a problem may quote what it is about.
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

  /** Everything found, by place. */
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
