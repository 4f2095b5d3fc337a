import { parse } from 'yaml';
import { compile } from '../src/compile/compile.ts';
import { kinds } from '../src/kinds/index.ts';
import { makePlan } from '../src/plan/make-plan.ts';
import { memoryFiles } from '../src/spec/file-reader.ts';
import { loadCluster } from '../src/spec/load-cluster.ts';
import { ModelFleet } from '../test/model/fleet.ts';

/**
 * `npm run bench:planner`: an unchanged plan of 10,000 hosts with 20,000 workers, from the text of cluster.yaml to the empty plan. The
 * reference is the `yaml` library reading the same text to plain values, in the same run. What the hosts answer is made by model hosts
 * and not counted.
 */
const hosts = Number(process.argv[2] ?? 10_000);
const rounds = 3;
const text = clusterText(hosts);
const files = memoryFiles({ 'cluster.yaml': text });

const { spec } = loadCluster('cluster.yaml', files);
if (spec === undefined)
  throw new Error(JSON.stringify(loadCluster('cluster.yaml', files).problems.slice(0, 3), undefined, 2));
console.log(`${hosts} hosts, ${2 * hosts} workers, ${(text.length / 2 ** 20).toFixed(1)} MiB of YAML`);
const fleet = new ModelFleet();
await fleet.apply(fleet.plan(spec));
const observed = fleet.observe(spec);
const secrets = fleet.secrets();

const times = {
  reference: [] as number[],
  load: [] as number[],
  compile: [] as number[],
  plan: [] as number[],
  total: [] as number[],
};
let left = 0;
for (let round = 0; round < rounds; round += 1) {
  times.reference.push(timed(() => parse(text, { merge: true })).ms);
  const load = timed(() => loadCluster('cluster.yaml', files).spec ?? spec);
  const compiled = timed(() => compile(load.value));
  const plan = timed(() =>
    makePlan({
      spec: load.value,
      resources: compiled.value,
      observed,
      secrets,
      kinds,
      salt: 'salt',
      now: new Date(0),
    }),
  );
  left = plan.value.document.hosts.flatMap((host) => host.changes).length;
  times.load.push(load.ms);
  times.compile.push(compiled.ms);
  times.plan.push(plan.ms);
  times.total.push(load.ms + compiled.ms + plan.ms);
}
const total = median(times.total);
const reference = median(times.reference);
console.log(`changes left          ${left}`);
for (const [name, values] of Object.entries(times))
  console.log(`${name.padEnd(21)} ${median(values).toFixed(0)} ms (median of ${rounds})`);
console.log(`total / yaml's parse  ${(total / reference).toFixed(2)}   goal: total under 2000 ms`);
console.log(
  `peak memory           ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB, model hosts included   goal: 1024 MiB`,
);

function clusterText(count: number): string {
  const head = `version: 1
cluster: bench
actor: f01000
sectorSize: 32GiB
releases:
  one: { worker: { file: w, sha256: ${'a'.repeat(64)} }, miner: { file: m, sha256: ${'b'.repeat(64)} } }
taskSets: { precommit: [AP, PC1, PC2] }
defaults: { release: one, env: { FIL_PROOFS_PARAMETER_CACHE: /mnt/params } }
miner: { host: h0, listen: 10.0.0.1:2345, tasks: [] }
hosts:
`;
  return head + Array.from({ length: count }, (_, index) => hostText(index)).join('');
}

function hostText(index: number): string {
  const address = `10.${1 + Math.floor(index / 62_500)}.${Math.floor(index / 250) % 250}.${1 + (index % 250)}`;
  return `  h${index}:
    address: ${address}
    workers:
      a:
        tasks: precommit
        limits: { PC1: 4, PC2: 1 }
        cpus: 0-31
        memory: 256GiB
        gpus: []
        listen: ${address}:3456
        storage: [{ path: /mnt/a, use: seal }]
      b:
        tasks: [C2]
        limits: { C2: 1 }
        cpus: 32-63
        memory: 256GiB
        gpus: [0]
        listen: ${address}:3457
`;
}

function timed<Value>(work: () => Value): { readonly value: Value; readonly ms: number } {
  const began = performance.now();
  const value = work();
  return { value, ms: performance.now() - began };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
