/** The programs of this repository: where each starts, and whether it is also made a single executable. */
export const programs = /** @type {const} */ ({
  sealctl: { entryPoint: 'src/sealctl/cli/main.ts', executable: false },
  'seal-miner': { entryPoint: 'src/daemons/cli/seal-miner/main.ts', executable: true },
  'seal-worker': { entryPoint: 'src/daemons/cli/seal-worker/main.ts', executable: true },
  'seal-bench': { entryPoint: 'src/daemons/cli/seal-bench/main.ts', executable: true },
});
