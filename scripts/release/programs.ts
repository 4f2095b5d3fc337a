/** One program of the project: the one place that knows where its code lies. */
export interface Program {
  readonly name: 'sealctl' | 'seal-worker' | 'seal-miner' | 'seal-bench';
  /** The module that runs it, relative to the repository. */
  readonly entry: string;
  /** A module beside `entry` that it loads later, in the bundle a file of its own. */
  readonly later?: string;
  /** Whether it loads the sealing kernels. */
  readonly kernels: boolean;
  /** Which program of a release of cluster.yaml it is. */
  readonly role?: 'worker' | 'miner';
  /** One line for the catalogs of packages. */
  readonly summary: string;
}

export const programs: readonly Program[] = [
  {
    name: 'sealctl',
    entry: 'src/sealctl/cli/main.ts',
    later: 'src/sealctl/cli/start.ts',
    kernels: false,
    summary: 'declarative cluster manager for Filecoin sealing clusters',
  },
  {
    name: 'seal-worker',
    entry: 'src/daemons/cli/seal-worker/main.ts',
    kernels: true,
    role: 'worker',
    summary: 'sealing worker, compatible with lotus-worker',
  },
  {
    name: 'seal-miner',
    entry: 'src/daemons/cli/seal-miner/main.ts',
    kernels: true,
    role: 'miner',
    summary: 'coordinator of a sealing cluster, compatible with the sealing half of lotus-miner',
  },
  {
    name: 'seal-bench',
    entry: 'src/daemons/cli/seal-bench/main.ts',
    kernels: true,
    summary: 'benchmark of the sealing kernels',
  },
];

/** A processor that executables are made for, as Node names it, and as Debian and GNU do. */
export interface Target {
  readonly arch: 'x64' | 'arm64';
  readonly debian: string;
  readonly gnu: string;
}

export const targets: readonly Target[] = [
  { arch: 'x64', debian: 'amd64', gnu: 'x86_64-linux-gnu' },
  { arch: 'arm64', debian: 'arm64', gnu: 'aarch64-linux-gnu' },
];

/** The target that runs here, or undefined where no executables are made. */
export function hostTarget(): Target | undefined {
  return process.platform === 'linux' ? targets.find(({ arch }) => arch === process.arch) : undefined;
}
