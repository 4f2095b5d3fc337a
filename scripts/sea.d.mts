/** Writes `dist/NAME`, the same bytes for the same inputs, unless it is there already; `dist` is the repository's own when absent. */
export function buildExecutable(root: string, name: string, entryPoint: string, dist?: string): Promise<void>;
