import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { compile } from '../../src/sealctl/kinds/compile.ts';
import { kinds } from '../../src/sealctl/kinds/index.ts';
import { makePlan } from '../../src/sealctl/plan/make-plan.ts';
import { memoryFiles } from '../../src/sealctl/spec/file-reader.ts';
import { loadCluster } from '../../src/sealctl/spec/load-cluster.ts';
import { readObservation } from './observation.ts';

export interface RoundResult {
  readonly stages: Readonly<Record<'parse' | 'load' | 'compile' | 'plan', Took>>;
  /** Hosts of which the plan has anything to say. */
  readonly hostsShown: number;
  readonly memoryMiB: { readonly before: number; readonly peak: number };
}

const none: Took = { wallMs: 0, cpuMs: 0 };

interface Took {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/**
 * One round of `bench:planner`, in a process of its own: `round.ts plan|change|parse DIRECTORY`. `change` raises a limit of a worker of
 * every host. Prints a `RoundResult`.
 */
const [what, directory = ''] = process.argv.slice(2);
const file = readFileSync(join(directory, 'cluster.yaml'), 'utf8');
const text = what === 'change' ? file.replaceAll('PC1: 4', 'PC1: 5') : file;
process.stdout.write(JSON.stringify(what === 'parse' ? parseRound() : planRound()));

function parseRound(): RoundResult {
  const before = residentMiB();
  const parsed = timed(() => parse(text, { merge: true }) as unknown);
  return {
    stages: { parse: parsed.took, load: none, compile: none, plan: none },
    hostsShown: 0,
    memoryMiB: { before, peak: peakMiB() },
  };
}

function planRound(): RoundResult {
  const { observed, secrets } = readObservation(directory);
  const before = residentMiB();
  const load = timed(() => loadCluster('cluster.yaml', memoryFiles({ 'cluster.yaml': text })));
  const { spec } = load.value;
  if (spec === undefined) throw new Error(JSON.stringify(load.value.problems.slice(0, 3)));
  const compiled = timed(() => compile(spec));
  const plan = timed(() =>
    makePlan({
      spec,
      resources: compiled.value,
      observed,
      secrets,
      kinds,
      salt: 'salt',
      now: new Date(0),
    }),
  );
  return {
    stages: { parse: none, load: load.took, compile: compiled.took, plan: plan.took },
    hostsShown: plan.value.document.hosts.length,
    memoryMiB: { before, peak: peakMiB() },
  };
}

function timed<Value>(work: () => Value): { readonly value: Value; readonly took: Took } {
  const began = performance.now();
  const cpu = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(cpu);
  return { value, took: { wallMs: performance.now() - began, cpuMs: (user + system) / 1000 } };
}

function residentMiB(): number {
  return process.memoryUsage.rss() / 2 ** 20;
}

function peakMiB(): number {
  return process.resourceUsage().maxRSS / 1024;
}
