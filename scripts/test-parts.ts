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
import { type Outcome, outcomeOfVitest, type VitestReport } from './outcome.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What `node scripts/prepare.mjs` prepares up to. */
export type Preparation = 'packages' | 'kernels' | 'programs';

/** One part of the tests. */
export interface Part {
  readonly needs: Preparation;
  /** It runs whole test files, so that single ones can be chosen. */
  readonly takesFiles: boolean;
  /** It takes root or many minutes, and runs only where it is asked for by name or with everything. */
  readonly onlyInAll: boolean;
  /**
   * It computes for minutes and waits for nothing: it runs at the lowest priority beside the parts after it, which mostly wait, and its
   * output comes in one piece.
   */
  readonly background: boolean;
  readonly run: (files: readonly string[], cancel: AbortSignal) => Promise<Outcome>;
}

/** Programs and headers that a build of the kernels' tests asks for, with the Debian package that has each. */
const kernelTools = {
  cmake: 'cmake',
  ninja: 'ninja-build',
  'g++': 'g++',
  '/usr/include/doctest/doctest.h': 'doctest-dev',
} as const;
const portabilityTools = {
  ...kernelTools,
  'clang++': 'clang libclang-rt-dev',
  'aarch64-linux-gnu-g++': 'g++-aarch64-linux-gnu',
  'qemu-aarch64-static': 'qemu-user-static',
} as const;

/** The parts in the order in which they begin: the quickest answers first, and what runs in the background before what it runs beside. */
export const parts: Readonly<Record<string, Part>> = {
  gates: { needs: 'packages', takesFiles: false, onlyInAll: false, background: false, run: runGates },
  pure: vitestPart('pure', 'packages'),
  native: kernelPart(kernelTools, ['test'], false),
  portability: kernelPart(
    portabilityTools,
    ['test:sanitize', 'test:tsan', 'test:arm64', 'fuzz', 'test:install'],
    true,
  ),
  integration: vitestPart('integration', 'kernels'),
  stories: vitestPart('stories', 'programs'),
  faults: { ...vitestPart('faults', 'programs'), onlyInAll: true },
  fleet: { needs: 'programs', takesFiles: true, onlyInAll: true, background: false, run: runFleet },
  long: { needs: 'kernels', takesFiles: true, onlyInAll: true, background: false, run: runLong },
};

/** Installs and compiles what a part needs; quick when nothing has changed. Its own words say what went wrong. */
export async function prepare(needs: Preparation, cancel: AbortSignal): Promise<boolean> {
  return (await stream([process.execPath, 'scripts/prepare.mjs', needs], cancel)) === 0;
}

function vitestPart(project: string, needs: Preparation): Part {
  return {
    needs,
    takesFiles: true,
    onlyInAll: false,
    background: false,
    run: (files, cancel) => runVitest(project, files, cancel),
  };
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

/** Runs scripts of the kernels' package one after the other; left out, with what to install, where one of `tools` is missing. */
function kernelPart(
  tools: Readonly<Record<string, string>>,
  scripts: readonly string[],
  onlyInAll: boolean,
): Part {
  const run: Part['run'] = async (_files, cancel) => {
    const missing = Object.entries(tools).filter(([tool]) => !isThere(tool));
    if (missing.length > 0) {
      const what = `the tests of the kernels need ${missing.map(([tool]) => tool).join(', ')}`;
      const remedy = `apt-get install ${missing.map(([, packageName]) => packageName).join(' ')}`;
      return { kind: 'left out', obstacles: [{ what, remedy }] };
    }
    const failures: string[] = [];
    for (const script of scripts) {
      if (cancel.aborted) break;
      const argv = ['npm', 'run', script, '--workspace=@sealctl/native'];
      const { exitCode, all } = await execa('nice', ['-n', '19', ...argv], {
        cwd: root,
        stdin: 'ignore',
        all: true,
        reject: false,
        cancelSignal: cancel,
      });
      console.log(all);
      if (exitCode !== 0) failures.push(argv.join(' '));
    }
    const failed = failures.length;
    return { kind: 'ran', passed: scripts.length - failed, failed, skipped: 0, failures };
  };
  return { needs: 'kernels', takesFiles: false, onlyInAll, background: true, run };
}

/** Whether a program is in the path, or a file at its place. */
function isThere(tool: string): boolean {
  if (tool.startsWith('/')) return existsSync(tool);
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, tool)));
}

async function runLong(files: readonly string[], cancel: AbortSignal): Promise<Outcome> {
  const obstacles = obstaclesToLongRun();
  if (obstacles.length > 0) return { kind: 'left out', obstacles };
  return runVitest('long', files, cancel);
}

async function runFleet(files: readonly string[], cancel: AbortSignal): Promise<Outcome> {
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
  return withinFleetRun(report, async ({ inside, env }) => runVitest('fleet', files, cancel, inside, env));
}

async function runVitest(
  project: string,
  files: readonly string[],
  cancel: AbortSignal,
  wrap: (argv: readonly string[]) => readonly string[] = (argv) => argv,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'sealctl-test-'));
  const reportFile = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
    const vitest = join(root, 'node_modules/.bin/vitest');
    const argv = [vitest, 'run', '--project', project, ...reporters, ...files];
    const exitCode = await stream(wrap(argv), cancel, env);
    const report = existsSync(reportFile)
      ? (JSON.parse(readFileSync(reportFile, 'utf8')) as VitestReport)
      : undefined;
    return outcomeOfVitest(report, exitCode);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a program with its output on ours and gives its exit code; one that a signal ended counts as 1. */
async function stream(
  [file = '', ...argv]: readonly string[],
  cancelSignal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const options = { cwd: root, env, stdio: 'inherit', reject: false, cancelSignal } as const;
  return (await execa(file, argv, options)).exitCode ?? 1;
}
