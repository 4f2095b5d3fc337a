import { relative, resolve } from 'node:path';
import { hasErrors, messageOf, ProblemError, type Problem } from '@sealctl/core/problem/problem';
import { filesIn } from '../../spec/file-reader.ts';
import { loadCluster } from '../../spec/load-cluster.ts';
import type { Spec } from '../../spec/spec.ts';
import { renderProblems } from '../../ui/diagnostics.ts';
import type { SealctlContext } from './context.ts';

export interface CommandCluster {
  readonly spec: Spec;
  readonly warnings: readonly Problem[];
  /** Every file that was read, absolute: what `watch` watches. */
  readonly files: readonly string[];
}

/** Loads and checks cluster.yaml. Throws a `ProblemError` with everything that is wrong. */
export function loadForCommand(context: SealctlContext, file: string): CommandCluster {
  const { spec, problems, files } = loadCluster(shortest(context, file), filesIn(context.cwd));
  if (spec === undefined || hasErrors(problems)) throw new ProblemError(problems);
  return { spec, warnings: problems, files };
}

/** Loads and checks cluster.yaml, and writes its warnings to standard error. Throws a `ProblemError` with everything that is wrong. */
export function loadWithWarnings(context: SealctlContext, file: string): CommandCluster {
  const cluster = loadForCommand(context, file);
  if (cluster.warnings.length > 0) context.process.stderr.write(problemsText(context, cluster.warnings));
  return cluster;
}

/** Renders problems for this terminal. */
export function problemsText(context: SealctlContext, problems: readonly Problem[]): string {
  const { color, columns } = context.terminal;
  return renderProblems(problems, { color, width: columns, files: filesIn(context.cwd) });
}

/** Renders a thrown value for this terminal, without a final newline. */
export function thrownText(context: SealctlContext, thrown: unknown): string {
  if (thrown instanceof ProblemError) return problemsText(context, thrown.problems).trimEnd();
  return `error: ${messageOf(thrown)}`;
}

/** Returns the path as the operator would type it: relative below the working directory, else absolute. */
export function shortest(context: SealctlContext, file: string): string {
  const path = relative(context.cwd, resolve(context.cwd, file));
  return path.startsWith('..') ? resolve(context.cwd, file) : path;
}
