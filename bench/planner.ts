import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { execa } from 'execa';
import { memoryFiles } from '../src/sealctl/spec/file-reader.ts';
import { loadCluster } from '../src/sealctl/spec/load-cluster.ts';
import { ModelFleet } from '../test/sealctl/model/fleet.ts';
import { writeObservation } from './planner/observation.ts';
import type { RoundResult } from './planner/round.ts';
import { clusterText } from './planner/cluster-text.ts';

/**
 * `npm run bench:planner [HOSTS]`: an unchanged plan of 10,000 hosts with 20,000 workers, from the text of cluster.yaml to the empty
 * plan, and the plan when every host has a change. What the hosts answer is made by model hosts in this process and lies in a file;
 * every round is a new process that reads it before its clock starts and then works once, cold, as `sealctl plan` does. The reference is
 * the `yaml` library reading the same text to plain values, in a process of its own, in turns with the rounds.
 */
const hosts = Number(process.argv[2] ?? 10_000);
const rounds = 5;
/** What the workers of the cluster file ask of a host beyond what every model host has. */
const gpu = { index: 0, uuid: 'GPU-0', name: 'model' };
const memoryBytes = 512 * 2 ** 30;
const text = clusterText(hosts);
const directory = mkdtempSync(join(tmpdir(), 'sealctl-bench-'));
try {
  bundleRound();
  await makeFleet();
  console.log(`${hosts} hosts, ${2 * hosts} workers, ${(text.length / 2 ** 20).toFixed(1)} MiB of YAML`);
  const planned: RoundResult[] = [];
  const changed: RoundResult[] = [];
  const parsed: RoundResult[] = [];
  for (let round = 0; round < rounds; round += 1) {
    planned.push(await runRound('plan'));
    changed.push(await runRound('change'));
    parsed.push(await runRound('parse'));
  }
  print(planned, changed, parsed);
} finally {
  rmSync(directory, { recursive: true });
}

/** As the build makes sealctl: one file with its packages. */
function bundleRound(): void {
  buildSync({
    entryPoints: [join(import.meta.dirname, 'planner/round.ts')],
    outfile: join(directory, 'round.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

async function makeFleet(): Promise<void> {
  const { spec, problems } = loadCluster('cluster.yaml', memoryFiles({ 'cluster.yaml': text }));
  if (spec === undefined) throw new Error(JSON.stringify(problems.slice(0, 3), undefined, 2));
  const fleet = new ModelFleet();
  const first = fleet.plan(spec);
  for (const { hardware } of fleet.hosts.values()) Object.assign(hardware, { gpus: [gpu], memoryBytes });
  await fleet.apply(first);
  writeFileSync(join(directory, 'cluster.yaml'), text);
  writeObservation(directory, { observed: fleet.observe(spec), secrets: fleet.secrets() });
}

async function runRound(what: 'plan' | 'change' | 'parse'): Promise<RoundResult> {
  const { stdout } = await execa(process.execPath, [join(directory, 'round.mjs'), what, directory]);
  return JSON.parse(stdout) as RoundResult;
}

function print(
  planned: readonly RoundResult[],
  changed: readonly RoundResult[],
  parsed: readonly RoundResult[],
): void {
  assertShown(planned, 0);
  assertShown(changed, hosts);
  console.log(`median of ${rounds}               wall      CPU`);
  const reference = row("yaml's parse", parsed, 'parse');
  for (const stage of ['load', 'compile', 'plan'] as const) row(stage, planned, stage);
  const total = row('load, compile, plan', planned, 'total');
  console.log(`total / yaml's parse  ${(total / reference).toFixed(2)}   goal: total under 2000 ms`);
  row('plan, every host changed', changed, 'plan');
  const mebibytes = (of: keyof RoundResult['memoryMiB']) =>
    median(planned.map((round) => round.memoryMiB[of])).toFixed(0);
  console.log(
    `peak memory           ${mebibytes('peak')} MiB, of which ${mebibytes('before')} MiB hold what the hosts answered   goal: 1024 MiB`,
  );
}

function assertShown(results: readonly RoundResult[], wanted: number): void {
  const shown = results.map((round) => round.hostsShown);
  if (shown.some((count) => count !== wanted))
    throw new Error(`the plan should show ${wanted} hosts: ${shown.join(', ')}`);
}

function row(
  name: string,
  results: readonly RoundResult[],
  stage: keyof RoundResult['stages'] | 'total',
): number {
  const of = (clock: 'wallMs' | 'cpuMs') =>
    median(
      results.map(({ stages }) =>
        stage === 'total'
          ? stages.load[clock] + stages.compile[clock] + stages.plan[clock]
          : stages[stage][clock],
      ),
    );
  console.log(
    `${name.padEnd(24)} ${of('wallMs').toFixed(0).padStart(5)} ms ${of('cpuMs').toFixed(0).padStart(5)} ms`,
  );
  return of('wallMs');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
