import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cpuSet } from '../src/core/text/cpu-list.ts';

/**
 * `npm run bench:kernels`: the sealing kernels beside named references, measured in the same run. Rates are per second of CPU time, so
 * that other processes disturb them less, except where the clock is named. Each figure is a median. OpenSSL and what runs in one
 * thread are bound to the same CPU; what runs in one and in two threads to two.
 */
const repetitions = 5;
const program = fileURLToPath(new URL('../native/build-tests/plain/kernel_bench', import.meta.url));

interface Entry {
  readonly run_name: string;
  readonly aggregate_name?: string;
  readonly bytes_per_second?: number;
  readonly items_per_second?: number;
}

interface Row {
  readonly measure: string;
  readonly reference: string;
  readonly ratio: number;
  readonly goal: number;
}

const [cpu = 0, secondCpu = cpu] = cpuSet(
  /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0',
);
const onOneCpu = ['--cpu-list', String(cpu)];
const onTwoCpus = ['--cpu-list', `${cpu},${secondCpu}`];

const sha256Long = opensslRate(16384);
const sha256Short = opensslRate(64);
const threaded = '^(tree_d|poseidon_tree)/';
const medians = new Map([...kernelMedians(onOneCpu, `-${threaded}`), ...kernelMedians(onTwoCpus, threaded)]);
const names = new Set(medians.keys());
// What the kernels choose follows from the processor's flags.
const poseidonGoal = /\bavx512ifma\b/.test(readFileSync('/proc/cpuinfo', 'utf8')) ? 4 : 2;

const treeD = (threads: number) => `tree_d/${threads}/process_time`;
const poseidonTree = (threads: number) => `poseidon_tree/${threads}/process_time`;
// The phases work in chunks of 1 MiB.
const chunk = { nodes: 2 ** 15, name: '1 MiB' };
const stream = { nodes: 2 ** 21, name: '64 MiB' };
const labels = (sectors: number, where: string) => rate(`labels_${where}/${sectors}`);
const rows: Row[] = [
  row(
    'PC1 labels, one sector, layers in the cache',
    'OpenSSL SHA-256, 16 KiB',
    labels(1, 'in_cache') / sha256Long,
    0.95,
  ),
  row(
    'PC1 labels, one sector, layers in memory',
    'OpenSSL SHA-256, 16 KiB',
    labels(1, 'in_memory') / sha256Long,
    0.95,
  ),
  ...[2, 3, 4].flatMap((sectors) => [
    row(
      `PC1, ${sectors} sectors side by side, in the cache`,
      'one sector',
      labels(sectors, 'in_cache') / labels(1, 'in_cache'),
      1.6,
    ),
    row(
      `PC1, ${sectors} sectors side by side, in memory`,
      'one sector',
      labels(sectors, 'in_memory') / labels(1, 'in_memory'),
      1.6,
    ),
  ]),
  row('tree D, one thread', 'OpenSSL SHA-256, 64 bytes', rate(treeD(1)) / sha256Short, 1.5),
  row('tree D, two threads, each', 'OpenSSL SHA-256, 64 bytes', rate(treeD(2)) / sha256Short, 1.5),
  row('CommP of a stream', 'OpenSSL SHA-256, 64 bytes', rate('comm_p_stream') / sha256Short, 1.5),
  ...[2, 8, 11].map((arity) =>
    row(
      `Poseidon of arity ${arity}`,
      'plain 4x64-bit path',
      rate(`poseidon_row/fast/${arity}`) / rate(`poseidon_row/plain/${arity}`),
      poseidonGoal,
    ),
  ),
  row(
    'Poseidon tree, two threads, each by its CPU time',
    'one thread',
    rate(poseidonTree(2)) / rate(poseidonTree(1)),
    0.9,
  ),
  row(
    'Poseidon tree, two threads, each by the clock',
    'one thread',
    rate('poseidon_tree/2/real_time') / (2 * rate('poseidon_tree/1/real_time')),
    0.9,
  ),
  ...['encode', 'decode', 'update_encode', 'update_decode'].flatMap((operation) =>
    [chunk, stream].map(({ nodes, name }) =>
      row(
        `${operation.replace('_', ' ')}, ${name}`,
        'copy of the same bytes',
        rate(`${operation}/${nodes}`) / rate(`memory_copy/${nodes}`),
        0.5,
      ),
    ),
  ),
  row('parent cache', 'plain path, one thread', rate('parents/fast') / rate('parents/plain'), 3),
];

console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} CPUs, median of ${repetitions}, load average ${loadavg()[0]?.toFixed(1)}`,
);
console.log(`OpenSSL SHA-256: ${megabytes(sha256Long)} at 16 KiB, ${megabytes(sha256Short)} at 64 bytes\n`);
console.log('| Measure | Reference | Ratio | Goal |\n| --- | --- | --- | --- |');
for (const { measure, reference, ratio, goal } of rows)
  console.log(
    `| ${measure} | ${reference} | ${ratio.toFixed(2)} | ${goal} |${ratio < goal ? ' missed' : ''}`,
  );

function row(measure: string, reference: string, ratio: number, goal: number): Row {
  return { measure, reference, ratio, goal };
}

/** Bytes a second of CPU time, the median of several runs. */
function opensslRate(block: number): number {
  const rates = Array.from({ length: repetitions }, () => {
    const output = execFileSync(
      'taskset',
      [...onOneCpu, 'openssl', 'speed', '-seconds', '1', '-bytes', String(block), '-evp', 'sha256'],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const thousands = /sha256\s+([\d.]+)k/i.exec(output)?.[1];
    if (thousands === undefined) throw new Error(`openssl speed printed no rate: ${output}`);
    return Number(thousands) * 1000;
  });
  return rates.toSorted((a, b) => a - b)[Math.floor(repetitions / 2)] ?? 0;
}

/** Rates of the benchmarks that a filter names; with a dash in front, of all others. */
function kernelMedians(cpus: readonly string[], filter: string): Map<string, number> {
  const output = execFileSync(
    'taskset',
    [
      ...cpus,
      program,
      `--benchmark_filter=${filter}`,
      '--benchmark_format=json',
      '--benchmark_min_time=0.2',
      `--benchmark_repetitions=${repetitions}`,
      '--benchmark_enable_random_interleaving=true',
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 26 },
  );
  const { benchmarks } = JSON.parse(output) as { benchmarks: Entry[] };
  return new Map(
    benchmarks
      .filter((entry) => entry.aggregate_name === 'median')
      .map((entry) => [entry.run_name, entry.bytes_per_second ?? entry.items_per_second ?? 0]),
  );
}

function rate(name: string): number {
  const found = medians.get(name);
  if (found === undefined)
    throw new Error(`kernel_bench did not measure ${name}; it measured ${[...names].join(', ')}`);
  return found;
}

function megabytes(bytesPerSecond: number): string {
  return `${(bytesPerSecond / 1e6).toFixed(0)} MB/s`;
}
