import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileVersion } from '../../scripts/release/artifact-version.ts';
import { programs } from '../../scripts/release/programs.ts';
import { buildInfo } from '@sealctl/core/version';
import { artifact, released, runnerFor, targets, unpack } from './artifacts.ts';

const { version, revision } = buildInfo();
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

let work: string;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'archives-'));
});
afterAll(() => rmSync(work, { recursive: true }));

it('the sums name every other artifact with its digest', () => {
  const lines = readFileSync(join(released, 'SHA256SUMS'), 'utf8').trim().split('\n');
  const names = lines.map((line) => line.slice(66));
  expect(names).toEqual(
    readdirSync(released)
      .filter((name) => name !== 'SHA256SUMS')
      .sort(),
  );
  expect(lines).toEqual(names.map((name) => `${sha256(join(released, name))}  ${name}`));
});

describe.each(targets)('for linux-$arch', (target) => {
  const sets = [
    { set: 'sealctl', members: ['sealctl'] },
    { set: 'seal-daemons', members: ['seal-worker', 'seal-miner', 'seal-bench'] },
  ];

  it.each(sets)('$set starts and says its version', async ({ set, members }) => {
    const archive = artifact(new RegExp(`^${set}-\\d.*-linux-${target.arch}\\.tar\\.gz$`));
    const folder = await unpack(archive, join(work, target.arch, set));
    const runner = await runnerFor(target);
    expect(runner, `apt-get install qemu-user-static libc6-${target.debian}-cross`).toBeDefined();
    for (const name of members) {
      const [command, ...argv] = [...(runner ?? []), join(folder, name), '--version'];
      const { stdout, stderr } = await execa(command, argv, { env: {}, cwd: '/' });
      expect(stdout.split(' ').at(-1)).toBe(version);
      expect(stderr).toBe('');
    }
  });

  it('the kernels compute', async () => {
    const folder = join(
      work,
      target.arch,
      'seal-daemons',
      `seal-daemons-${fileVersion(version)}-linux-${target.arch}`,
    );
    const [command, ...argv] = [
      ...((await runnerFor(target)) ?? []),
      join(folder, 'seal-bench'),
      'sealing',
      '--sector-size=2KiB',
      `--storage-dir=${work}`,
      `--parent-cache=${join(work, target.arch)}`,
      '--format=json',
    ];
    const { stdout } = await execa(command, argv, { env: { HOME: work, XDG_CACHE_HOME: work } });
    const { phases } = JSON.parse(stdout) as { phases: { phase: string }[] };
    expect(phases.map(({ phase }) => phase)).toContain('PreCommit2');
  });

  it('the release manifest names the programs beside it', () => {
    const folder = join(
      work,
      target.arch,
      'seal-daemons',
      `seal-daemons-${fileVersion(version)}-linux-${target.arch}`,
    );
    expect(JSON.parse(readFileSync(join(folder, 'release.json'), 'utf8'))).toEqual({
      version,
      revision,
      worker: { file: 'seal-worker', sha256: sha256(join(folder, 'seal-worker')) },
      miner: { file: 'seal-miner', sha256: sha256(join(folder, 'seal-miner')) },
    });
  });

  it.each(programs)('the Debian package of $name holds it for this processor', async ({ name }) => {
    const file = artifact(new RegExp(`^${name}_\\d.*_${target.debian}\\.deb$`));
    const { stdout: info } = await execa('dpkg-deb', ['--field', file]);
    expect(info).toContain(`Package: ${name}\n`);
    expect(info).toContain(`Architecture: ${target.debian}\n`);
    const { stdout: files } = await execa('dpkg-deb', ['--contents', file]);
    expect(files).toMatch(new RegExp(`^-rwxr-xr-x root/root .* \\./usr/bin/${name}$`, 'm'));
    for (const path of [
      `man/man1/${name}.1.gz`,
      `bash-completion/completions/${name}`,
      `zsh/vendor-completions/_${name}`,
      `fish/vendor_completions.d/${name}.fish`,
      `doc/${name}/copyright`,
    ])
      expect(files).toMatch(
        new RegExp(`^-rw-r--r-- root/root .* \\./usr/share/${path.replaceAll('.', '\\.')}$`, 'm'),
      );
  });
});

describe.each(programs)('$name', ({ name, kernels }) => {
  const folder = () =>
    join(
      work,
      process.arch,
      kernels ? 'seal-daemons' : 'sealctl',
      `${kernels ? 'seal-daemons' : 'sealctl'}-${fileVersion(version)}-linux-${process.arch}`,
    );

  it('has a manual page that renders without a warning', async () => {
    const page = join(folder(), `man/man1/${name}.1`);
    const { stderr } = await execa('groff', ['-man', '-ww', '-z', page]);
    expect(stderr).toBe('');
    const { stdout } = await execa('groff', ['-man', '-Tascii', '-P-cbou', page]);
    expect(stdout).toMatch(new RegExp(`^NAME\\n +${name} +- `, 'm'));
    expect(stdout).toContain('COMMANDS\n');
  });

  it.each([
    ['bash', `${name}.bash`],
    ['zsh', `_${name}`],
    ['fish', `${name}.fish`],
  ])('has a completion script that %s accepts', async (shell, file) => {
    const there = await execa(shell, ['--version'], { reject: false });
    if (there.failed && shell !== 'bash') return;
    const { stderr } = await execa(shell, ['-n', join(folder(), 'completions', file)]);
    expect(stderr).toBe('');
  });

  it('has a bill of materials of what is inside', () => {
    const text = readFileSync(artifact(new RegExp(`^${name}-\\d.*\\.cdx\\.json$`)), 'utf8');
    const sbom = JSON.parse(text) as {
      bomFormat: string;
      metadata: { component: { name: string; version: string } };
      components: { name: string; purl: string }[];
    };
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name, version } } });
    const inside = sbom.components.map((component) => component.name);
    expect(inside).toContain('node');
    expect(inside).toContain(
      { sealctl: 'ssh2', 'seal-worker': 'fastify', 'seal-miner': 'jose', 'seal-bench': 'string-width' }[name],
    );
    expect(inside).not.toContain('vitest');
    expect(inside.includes('ssh2')).toBe(name === 'sealctl');
  });

  it('names every package in it with its license', () => {
    const text = readFileSync(join(folder(), 'THIRD-PARTY-NOTICES'), 'utf8');
    const sbom = readFileSync(artifact(new RegExp(`^${name}-\\d.*\\.cdx\\.json$`)), 'utf8');
    const { components } = JSON.parse(sbom) as { components: { 'bom-ref': string }[] };
    for (const { 'bom-ref': reference } of components) {
      const at = reference.lastIndexOf('@');
      if (reference.startsWith('node@')) expect(text).toContain('\nNode.js\n');
      else expect(text).toContain(`\n${reference.slice(0, at)} ${reference.slice(at + 1)} (`);
    }
  });
});
