import { execa } from 'execa';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBase } from '../test/fleet/base.ts';
import { obstaclesToFleet } from '../test/fleet/machine.ts';
import { withinFleetRun } from '../test/fleet/run.ts';
import { obstaclesToLongRun } from '../test/daemons/proofs/long-run.ts';
import { gates } from './gates.ts';
import { type Outcome, outcomeOfVitest, summaryOf, type VitestReport } from './outcome.ts';

const usage = `npm test                         everything this machine can run
npm test -- PART...              only these parts: gates, unit, native, long, sandbox, fleet
npm test -- PART... FILE...      of unit, long, sandbox and fleet, only the test files whose path contains FILE

SEALCTL_TEST_EVERYTHING=1        long runs unasked, and a part that this machine cannot run is a failure`;

const root = fileURLToPath(new URL('..', import.meta.url));
const everything = process.env['SEALCTL_TEST_EVERYTHING'] === '1';
/** Ctrl-C and SIGTERM end the running part and leave out the rest; this process stays to tidy up and to count. */
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupted.abort());

const parts: Readonly<Record<string, (files: readonly string[]) => Promise<Outcome>>> = {
  gates: runGates,
  unit: async (files) => runVitest('unit', files),
  native: runNative,
  long: runLong,
  sandbox: async (files) => runVitest('sandbox', files),
  fleet: runFleet,
};

const words = process.argv.slice(2);
const chosen = words.filter((word) => word in parts);
const files = words.filter((word) => !(word in parts));
const takesFiles = chosen.length > 0 && chosen.every((part) => part !== 'gates' && part !== 'native');
if (files.some((file) => file.startsWith('-')) || (files.length > 0 && !takesFiles)) {
  console.error(usage);
  process.exitCode = 2;
} else {
  process.exitCode = await runParts(chosen.length > 0 ? chosen : Object.keys(parts));
}

async function runParts(names: readonly string[]): Promise<number> {
  const outcomes = new Map<string, Outcome>();
  for (const name of names) {
    if (interrupted.signal.aborted) break;
    console.log(`\n=== ${name}`);
    const run = parts[name];
    if (run !== undefined) outcomes.set(name, await run(files));
  }
  const { text, failed } = summaryOf(outcomes, everything);
  console.log(`\n${text}`);
  return failed > 0 || interrupted.signal.aborted ? 1 : 0;
}

async function runGates(): Promise<Outcome> {
  const failures: string[] = [];
  for (const gate of gates) {
    const lines = await gate.run(root);
    console.log([`${lines.length === 0 ? 'ok  ' : 'FAIL'} ${gate.name}`, ...lines].join('\n     '));
    if (lines.length > 0) failures.push(gate.name);
  }
  const failed = failures.length;
  return { kind: 'ran', passed: gates.length - failed, failed, skipped: 0, failures };
}

async function runNative(): Promise<Outcome> {
  const header = '#include <doctest/doctest.h>';
  const compiled = await execa('g++', ['-E', '-x', 'c++', '-'], { input: header, reject: false });
  if (compiled.exitCode !== 0) {
    const what = 'g++ does not find doctest, which the tests of the kernels are written with';
    return { kind: 'left out', obstacles: [{ what, remedy: 'apt-get install g++ make doctest-dev' }] };
  }
  const { exitCode } = await stream(['npm', 'run', 'test:native']);
  if (exitCode === 0) return { kind: 'ran', passed: 1, failed: 0, skipped: 0, failures: [] };
  return { kind: 'ran', passed: 0, failed: 1, skipped: 0, failures: ['npm run test:native'] };
}

/** Minutes of sealing are for those who ask for them, and for a run that must leave out nothing. */
async function runLong(files: readonly string[]): Promise<Outcome> {
  if (!everything && !chosen.includes('long')) {
    const what = 'it seals sectors of 512 MiB, which takes minutes and 7 GiB of disk';
    return { kind: 'left out', obstacles: [{ what, remedy: 'npm test -- long' }] };
  }
  const obstacles = obstaclesToLongRun();
  if (obstacles.length > 0) return { kind: 'left out', obstacles };
  return runVitest('long', files);
}

async function runFleet(files: readonly string[]): Promise<Outcome> {
  const obstacles = obstaclesToFleet();
  if (obstacles.length > 0) return { kind: 'left out', obstacles };
  const report = (line: string): void => console.log(line);
  try {
    await ensureBase(report);
  } catch (error) {
    console.log(String(error));
    const remedy = 'see above; it needs a Debian mirror such as deb.debian.org once';
    return { kind: 'left out', obstacles: [{ what: 'the base system could not be made', remedy }] };
  }
  return withinFleetRun(report, async ({ inside, env }) => runVitest('fleet', files, inside, env));
}

async function runVitest(
  project: string,
  files: readonly string[],
  wrap: (argv: readonly string[]) => readonly string[] = (argv) => argv,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'sealctl-test-'));
  const reportFile = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
    const vitest = [
      join(root, 'node_modules/.bin/vitest'),
      'run',
      '--project',
      project,
      ...reporters,
      ...files,
    ];
    const { exitCode } = await stream(wrap(vitest), env);
    const report = existsSync(reportFile)
      ? (JSON.parse(readFileSync(reportFile, 'utf8')) as VitestReport)
      : undefined;
    return outcomeOfVitest(report, exitCode);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a program with its output on ours. One that a signal ended counts as exit code 1. */
async function stream(
  [file = '', ...argv]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly exitCode: number }> {
  const options = {
    cwd: root,
    env,
    stdio: 'inherit',
    reject: false,
    cancelSignal: interrupted.signal,
  } as const;
  const result = await execa(file, argv, options);
  return { exitCode: result.exitCode ?? 1 };
}
