import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WriteFile } from '../../../src/sealctl/host/operations/operation.ts';
import { operationScript } from '../../../src/sealctl/host/operations/operation-script.ts';
import { sha256 } from '../../../src/sealctl/kinds/core/file.ts';
import { codeOf, writing } from './operations.ts';
import { RealHost, shell } from './real-host.ts';

let host: RealHost;
beforeEach(() => {
  host = new RealHost();
});
afterEach(() => host.remove());

const isRoot = process.getuid?.() === 0;

async function manifest() {
  return (await host.probe([])).manifest;
}

describe('write-file', () => {
  it('creates the file with its mode, its directories, and its line in the manifest', async () => {
    const path = `${host.root}/env/worker.env`;
    await host.run(writing(path, 'A="1"\n', { entry: { id: 'h/env', kind: 'environment', note: 'a\tb\n' } }));
    expect(readFileSync(path, 'utf8')).toBe('A="1"\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${host.root}/env`).mode & 0o077).toBe(0);
    expect(await manifest()).toEqual([
      { id: 'h/env', kind: 'environment', path, sha256: sha256('A="1"\n'), note: 'a\tb\n' },
    ]);
  });

  it('gives a readable file its mode whatever the umask', async () => {
    const path = `${host.root}/storage.json`;
    await host.run(writing(path, '{}', { mode: '0644' }));
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  it('may be repeated', async () => {
    const path = `${host.root}/a`;
    await host.run(writing(path, 'one'));
    const before = statSync(path).ino;
    await host.run(writing(path, 'one'));
    expect(statSync(path).ino).toBe(before);
    expect(await manifest()).toHaveLength(1);
  });

  it('replaces what it expects and keeps one line for a path', async () => {
    const path = `${host.root}/a`;
    await host.run(writing(path, 'one', { entry: { id: 'old/id', kind: 'unit' } }));
    await host.run(writing(path, 'two', { replaces: { sha256: sha256('one') } }));
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect((await manifest()).map(({ id }) => id)).toEqual([`h/${path}`]);
  });

  it('refuses content that came there since the plan', async () => {
    const path = `${host.root}/a`;
    writeFileSync(path, 'by hand');
    expect(await codeOf(host.run(writing(path, 'ours')))).toBe('changed-since-plan');
    expect(await codeOf(host.run(writing(path, 'ours', { replaces: { sha256: sha256('x') } })))).toBe(
      'changed-since-plan',
    );
    expect(readFileSync(path, 'utf8')).toBe('by hand');
    expect(await manifest()).toEqual([]);
  });

  it('follows no link and replaces no directory', async () => {
    writeFileSync(`${host.root}/victim`, 'precious');
    symlinkSync(`${host.root}/victim`, `${host.root}/link`);
    mkdirSync(`${host.root}/dir`);
    expect(await codeOf(host.run(writing(`${host.root}/link`, 'x')))).toBe('foreign-file');
    expect(await codeOf(host.run(writing(`${host.root}/dir`, 'x')))).toBe('foreign-file');
    expect(readFileSync(`${host.root}/victim`, 'utf8')).toBe('precious');
  });

  it('is not led astray by a link laid where its temporary file goes', async () => {
    writeFileSync(`${host.root}/victim`, 'precious');
    symlinkSync(`${host.root}/victim`, `${host.root}/.sealctl-new.a`);
    await host.run(writing(`${host.root}/a`, 'ours'));
    expect(readFileSync(`${host.root}/victim`, 'utf8')).toBe('precious');
    expect(readFileSync(`${host.root}/a`, 'utf8')).toBe('ours');
  });

  it('fixes a mode that was changed', async () => {
    const path = `${host.root}/a`;
    await host.run(writing(path, 'one'));
    chmodSync(path, 0o666);
    await host.run(writing(path, 'one', { replaces: { sha256: sha256('one') } }));
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('finishes what was broken off after any of its commands', async () => {
    const path = `${host.root}/a`;
    const operation = writing(path, 'two', { replaces: { sha256: sha256('one') } });
    for (let kept = 1; kept < 60; kept += 1) {
      await host.run(writing(path, 'one', freshOr(path)));
      const { script, stdin } = operationScript(operation, host.layout, new Map());
      // Every external command is counted; at the chosen one the script kills itself as a power cut would.
      const counted = ['mkdir', 'rm', 'cat', 'sync', 'mv', 'sha256sum', 'stat']
        .map((name) => `${name}() { tick; command ${name} "$@"; }`)
        .join('\n');
      const counter = `${host.root}/count`;
      const tick = `tick() { printf x >>'${counter}'; [ $(command wc -c <'${counter}') -lt ${kept} ] || kill -9 $$; }`;
      writeFileSync(counter, '');
      const { status } = await shell(['sh', '-c', `${tick}\n${counted}\n${script}`], stdin);
      const [entry] = await manifest();
      const present = sha256(readFileSync(path, 'utf8'));
      expect([entry?.sha256, entry?.pendingSha256]).toContain(present);
      await host.run(operation);
      expect(readFileSync(path, 'utf8')).toBe('two');
      expect(await manifest()).toEqual([
        { id: `h/${path}`, kind: 'environment', path, sha256: sha256('two') },
      ]);
      if (status === 0) return;
    }
    throw new Error('the script was never carried out to its end');
  });

  it.runIf(isRoot)('says that the disk is full, and leaves the old file whole', async () => {
    const small = `${host.root}/small`;
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
    try {
      await host.run(writing(`${small}/a`, 'one'));
      const large = writing(`${small}/a`, 'x'.repeat(200_000), { replaces: { sha256: sha256('one') } });
      expect(await codeOf(host.run(large))).toBe('disk-full');
      expect(readFileSync(`${small}/a`, 'utf8')).toBe('one');
      expect(readdirSync(small)).toEqual(['a']);
      execFileSync('mount', ['-o', 'remount,ro', small]);
      const next = writing(`${small}/a`, 'two', { replaces: { sha256: sha256('one') } });
      expect(await codeOf(host.run(next))).toBe('read-only');
    } finally {
      execFileSync('umount', [small]);
    }
  });

  it('carries any path, note and content byte for byte', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1 }).filter((it) => !it.includes('\0'));
    const name = text.filter(
      (it) => !it.includes('/') && !/^\.{1,2}$/.test(it) && Buffer.byteLength(it) < 80,
    );
    await fc.assert(
      fc.asyncProperty(name, text, fc.string({ unit: 'binary' }), async (file, note, content) => {
        const path = `${host.root}/n/${file}`;
        const entry = { id: `h/${file}`, kind: 'environment', note };
        await host.run(writing(path, content, { entry, ...freshOr(path) }));
        const facts = await host.probe([{ ask: 'file', path, content: true }]);
        expect(facts.files.get(`file ${path}`)?.content).toBe(Buffer.from(content).toString());
        expect(facts.manifest).toContainEqual({ ...entry, path, sha256: sha256(content) });
      }),
      { numRuns: 15 },
    );
  });
});

function freshOr(path: string): Pick<WriteFile, 'replaces'> {
  if (!existsSync(path)) return { replaces: { absent: true } };
  return { replaces: { sha256: sha256(readFileSync(path, 'utf8')) } };
}
