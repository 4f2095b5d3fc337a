// Makes every artifact of a release from this checkout: `tsx scripts/release/make-artifacts.ts DIRECTORY`. The packages are installed and
// the kernels prebuilt; release.ts sees to that.
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildInfo } from '../../src/core/version.ts';
import { fileVersion } from './artifact-version.ts';
import { packTarGz } from './archive.ts';
import { commitDate, commitSeconds } from './commit-date.ts';
import { companionsOf, copyLicenses, writeCompanions } from './companions.ts';
import { packDeb } from './deb.ts';
import { buildExecutable } from './executable.ts';
import { nodeRuntime } from './node-runtime.ts';
import { packagesIn, thirdPartyNotices, type BundledPackage } from './packages.ts';
import { programs, targets, type Program, type Target } from './programs.ts';
import { sha256Of, writeReleaseManifest } from './release-manifest.ts';
import { runTool } from './run-tool.ts';
import { programSbom, repositorySbom } from './sbom.ts';

const root = join(import.meta.dirname, '../..');
const output = resolve(process.argv[2] ?? join(root, 'dist/release'));
const info = buildInfo();
const version = fileVersion(info.version);
const seconds = commitSeconds(root);
const foot = { version, date: commitDate(root) };
/** Programs that come in one archive: what an operator's machine needs, and what a cluster.yaml names. */
const sets = [
  { name: 'sealctl', members: programs.filter(({ kernels }) => !kernels) },
  { name: 'seal-daemons', members: programs.filter(({ kernels }) => kernels) },
];

mkdirSync(output, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'sealctl-release-'));
try {
  const bundled = new Map<Program, readonly BundledPackage[]>();
  for (const target of targets) {
    for (const program of programs) {
      const { inputs } = await buildExecutable({
        ...program,
        root,
        target,
        info,
        output: executable(program, target),
      });
      bundled.set(program, packagesIn(root, inputs));
    }
    await Promise.all([
      ...sets.map((set) => archive(set, target)),
      ...programs.map((program) => deb(program, target)),
    ]);
    rmSync(join(work, target.arch), { recursive: true });
  }
  const all = repositorySbom(root);
  for (const [program, packages] of bundled)
    writeFileSync(
      join(output, `${program.name}-${version}.cdx.json`),
      programSbom(all, program, packages, info),
    );
  packForNpm();
  writeSums();

  async function archive(set: (typeof sets)[number], target: Target): Promise<void> {
    const name = `${set.name}-${version}-linux-${target.arch}`;
    const tree = join(work, target.arch, 'archives', name);
    mkdirSync(tree, { recursive: true });
    for (const program of set.members) {
      copyFileSync(executable(program, target), join(tree, program.name));
      writeCompanions(tree, companionsOf(program, foot));
    }
    copyLicenses(root, tree);
    writeFileSync(join(tree, 'THIRD-PARTY-NOTICES'), notices(set.members, target));
    if (set.members.some(({ role }) => role !== undefined)) writeReleaseManifest(tree, info);
    await packTarGz(join(tree, '..'), name, seconds, join(output, `${name}.tar.gz`));
  }

  async function deb(program: Program, target: Target): Promise<void> {
    const [page] = companionsOf(program, foot);
    await packDeb({
      root,
      program,
      target,
      version: info.version,
      seconds,
      executable: executable(program, target),
      manPage: page?.text ?? '',
      notices: notices([program], target),
      work: join(work, target.arch, 'debs', program.name),
      output: join(output, `${program.name}_${version}_${target.debian}.deb`),
    });
  }

  /** Of the packages in the programs, and of the Node that runs them with all that is in it. */
  function notices(members: readonly Program[], target: Target): string {
    const packages = members.flatMap((program) => bundled.get(program) ?? []);
    const once = new Map(packages.map((found) => [`${found.name}@${found.version}`, found]));
    const node = readFileSync(nodeRuntime(root, target).license, 'utf8');
    return `${thirdPartyNotices([...once.values()])}${'-'.repeat(80)}\nNode.js\n\n${node}`;
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

function executable(program: Program, target: Target): string {
  const directory = join(work, target.arch, 'executables');
  mkdirSync(directory, { recursive: true });
  return join(directory, program.name);
}

function packForNpm(): void {
  const packed = runTool(
    'npm',
    ['pack', '--workspace=sealctl', `--pack-destination=${work}`, '--json', '--loglevel=error'],
    { cwd: root },
  );
  const [{ filename } = { filename: '' }] = JSON.parse(packed) as { filename: string }[];
  copyFileSync(join(work, filename), join(output, `sealctl-${version}.tgz`));
}

function writeSums(): void {
  const files = readdirSync(output)
    .filter((name) => name !== 'SHA256SUMS')
    .sort();
  const lines = files.map((name) => `${sha256Of(join(output, name))}  ${name}\n`);
  writeFileSync(join(output, 'SHA256SUMS'), lines.join(''));
}
