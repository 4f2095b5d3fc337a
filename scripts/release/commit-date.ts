import { runTool } from './run-tool.ts';

/** When the commit that is built was made, in seconds since 1970: the time of everything in an artifact. */
export function commitSeconds(root: string): number {
  return Number(runTool('git', ['log', '-1', '--format=%ct'], { cwd: root }).trim());
}

/** The day of the commit that is built, in UTC, as YYYY-MM-DD. */
export function commitDate(root: string): string {
  return new Date(commitSeconds(root) * 1000).toISOString().slice(0, 10);
}
