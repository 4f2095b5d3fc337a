import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseProbeAnswers } from '../../../src/sealctl/host/probe/probe-answers.ts';
import { probeScript } from '../../../src/sealctl/host/probe/probe-script.ts';
import { sha256 } from '../../../src/sealctl/kinds/core/file.ts';
import { RealHost, shell } from './real-host.ts';

let host: RealHost;
beforeEach(() => {
  host = new RealHost();
});
afterEach(() => host.remove());

const isRoot = process.getuid?.() === 0;

describe('a probe', () => {
  it('tells what the host is', async () => {
    const facts = await host.probe([]);
    expect(facts.hostname).toBe(execFileSync('uname', ['-n'], { encoding: 'utf8' }).trim());
    expect(Math.abs(facts.clockS - Date.now() / 1000)).toBeLessThan(60);
    expect(facts.user).toBe(execFileSync('id', ['-un'], { encoding: 'utf8' }).trim());
    expect(facts.cpus).toBeGreaterThan(0);
    expect(facts.memoryBytes).toBeGreaterThan(2 ** 28);
    expect(facts.cpuFlags.size).toBeGreaterThan(5);
    expect(facts.nofileHard).toBeGreaterThanOrEqual(1024);
    expect(facts.missingLibraries).toEqual([]);
    expect(facts.manifest).toEqual([]);
    expect(facts.hold).toBeUndefined();
    expect(facts.inventory).toBeUndefined();
  });

  it('tells files from directories, links and nothing', async () => {
    writeFileSync(`${host.root}/file`, 'content', { mode: 0o640 });
    mkdirSync(`${host.root}/dir`);
    symlinkSync('file', `${host.root}/link`);
    const paths = ['file', 'dir', 'link', 'nothing', 'not/here/either'].map((name) => `${host.root}/${name}`);
    const { files } = await host.probe(paths.map((path) => ({ ask: 'file', path, content: true })));
    expect(files.get(`file ${paths[0]}`)).toMatchObject({
      type: 'file',
      mode: '0640',
      sizeBytes: 7,
      sha256: sha256('content'),
      content: 'content',
    });
    expect(files.get(`file ${paths[1]}`)).toMatchObject({ type: 'directory' });
    expect(files.get(`file ${paths[2]}`)).toMatchObject({ type: 'link', target: 'file' });
    expect(files.get(`file ${paths[2]}`)?.content).toBeUndefined();
    expect(files.has(`file ${paths[3]}`)).toBe(false);
    expect(files.has(`file ${paths[4]}`)).toBe(false);
  });

  it('sends no content that was not asked for and none above 1 MiB, but every digest', async () => {
    const large = 'x'.repeat(1024 * 1024 + 1);
    writeFileSync(`${host.root}/large`, large);
    writeFileSync(`${host.root}/small`, 'small');
    writeFileSync(`${host.root}/unasked`, 'unasked');
    const { files } = await host.probe([
      { ask: 'file', path: `${host.root}/large`, content: true },
      { ask: 'file', path: `${host.root}/unasked`, content: false },
      { ask: 'file', path: `${host.root}/small`, content: true },
    ]);
    expect(files.get(`file ${host.root}/large`)?.content).toBeUndefined();
    expect(files.get(`file ${host.root}/large`)?.sha256).toBe(sha256(large));
    expect(files.get(`file ${host.root}/unasked`)?.content).toBeUndefined();
    expect(files.get(`file ${host.root}/unasked`)?.sha256).toBe(sha256('unasked'));
    expect(files.get(`file ${host.root}/small`)?.content).toBe('small');
  });

  it('answers for everything the manifest lists, asked for or not', async () => {
    writeFileSync(`${host.root}/owned`, 'mine');
    await host.run({
      do: 'manifest',
      record: [
        { id: 'h/a', kind: 'environment', path: `${host.root}/owned`, sha256: sha256('mine') },
        { id: 'h/b', kind: 'service', path: 'sealctl-gone', sha256: '-', note: 'supervisor' },
      ],
      forget: [],
    });
    const { files, services } = await host.probe([]);
    expect(files.get(`file ${host.root}/owned`)?.sha256).toBe(sha256('mine'));
    expect(services.get('service sealctl-gone')).toMatchObject({ known: false, state: 'inactive' });
  });

  it('knows an empty directory, one with sectors, and a mount point', async () => {
    const empty = `${host.root}/empty`;
    mkdirSync(`${empty}/lost+found`, { recursive: true });
    const full = `${host.root}/full`;
    mkdirSync(`${full}/sealed`, { recursive: true });
    chmodSync(full, 0o750);
    symlinkSync(full, `${host.root}/link`);
    writeFileSync(`${host.root}/file`, '');
    const paths = [empty, full, `${host.root}/link`, '/proc', `${host.root}/file`, `${host.root}/nothing`];
    const { directories } = await host.probe(paths.map((path) => ({ ask: 'directory', path })));
    const common = { type: 'directory', mountPoint: false };
    expect(directories.get(`directory ${empty}`)).toMatchObject({
      ...common,
      empty: true,
      sectorDirectories: [],
    });
    expect(directories.get(`directory ${full}`)).toMatchObject({
      ...common,
      mode: '0750',
      empty: false,
      sectorDirectories: ['sealed'],
    });
    expect(directories.get(`directory ${host.root}/link`)).toMatchObject(common);
    expect(directories.get(`directory ${host.root}/link`)).not.toHaveProperty('mode');
    expect(directories.get(`directory ${full}`)?.freeBytes).toBeGreaterThan(0);
    expect(directories.get('directory /proc')).toMatchObject({ mountPoint: true });
    expect(directories.get(`directory ${host.root}/file`)).toMatchObject({ type: 'file' });
    expect(directories.has(`directory ${host.root}/nothing`)).toBe(false);
  });

  it.runIf(isRoot)('says what it may not look at instead of calling it absent', async () => {
    const closed = `${host.root}/closed`;
    mkdirSync(closed);
    writeFileSync(`${closed}/file`, 'x');
    chmodSync(closed, 0o700);
    chmodSync(host.root, 0o755);
    const script = probeScript(
      [
        { ask: 'file', path: `${closed}/file`, content: true },
        { ask: 'directory', path: closed },
      ],
      host.layout,
    );
    const asNobody = ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', 'sh', '-s'];
    const { stdout } = await shell(asNobody, script);
    const { facts } = parseProbeAnswers(stdout);
    expect(facts?.user).toBe('nobody');
    expect(facts?.files.get(`file ${closed}/file`)?.error).toBe('Permission denied');
    expect(facts?.directories.get(`directory ${closed}`)?.error).toBe('Permission denied');
  });

  it('changes nothing', async () => {
    writeFileSync(`${host.root}/file`, 'x');
    const state = () => execFileSync('find', [host.root, '-printf', '%p %T@ %C@ %s\n'], { encoding: 'utf8' });
    const before = state();
    await host.probe([
      { ask: 'file', path: `${host.root}/file`, content: true },
      { ask: 'program', path: `${host.root}/file` },
      { ask: 'directory', path: host.root },
      { ask: 'service', manager: 'supervisor', name: 'sealctl-miner' },
    ]);
    expect(state()).toBe(before);
  });

  it('does nothing at all when it was cut off on its way', async () => {
    const script = probeScript([{ ask: 'file', path: '/etc/hostname', content: true }], host.layout);
    const { stdout } = await shell(['sh', '-s'], script.slice(0, script.length - 40));
    expect(stdout.length).toBe(0);
    expect(parseProbeAnswers(stdout).problem).toBe('the output has no probe answer');
  });

  it('carries any path and content byte for byte, and runs none of it', async () => {
    const bytes = fc.string({ unit: 'binary' }).filter((it) => Buffer.from(it).toString() === it);
    const name = fc
      .oneof(
        bytes,
        fc.constantFrom("it's", '$(touch pwned)', '-rf', '`id`', 'a\nend\n', 'x;y', '*', '\\0101'),
      )
      .filter((it) => it !== '' && !/[/\0]/.test(it) && !/^\.{1,2}$/.test(it) && Buffer.byteLength(it) < 200);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { minLength: 1, maxLength: 6 }),
        bytes,
        async (names, content) => {
          const dir = `${host.root}/names`;
          mkdirSync(dir, { recursive: true });
          const paths = names.map((it) => `${dir}/${it}`);
          for (const path of paths) writeFileSync(path, content);
          const facts = await host.probe([
            ...paths.map((path) => ({ ask: 'file', path, content: true }) as const),
            ...paths.map((path) => ({ ask: 'directory', path: `${path}.d` }) as const),
          ]);
          for (const path of paths) expect(facts.files.get(`file ${path}`)?.content).toBe(content);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('the reader of answers', () => {
  it('takes any bytes for facts or for a problem', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const framed = Buffer.concat([Buffer.from('\0sealctl-probe 1\0'), bytes]);
        for (const output of [Buffer.from(bytes), framed]) {
          const { facts, problem } = parseProbeAnswers(output);
          expect(facts === undefined).toBe(problem !== '');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('takes an answer that was cut off or damaged anywhere for facts or for a problem', async () => {
    writeFileSync(`${host.root}/file`, 'content');
    await host.run({ do: 'set-hold', hold: { who: 'a', since: 'b', why: 'c' } });
    const script = probeScript(
      [
        { ask: 'file', path: `${host.root}/file`, content: true },
        { ask: 'directory', path: host.root },
        { ask: 'service', manager: 'supervisor', name: 'sealctl-miner' },
      ],
      host.layout,
    );
    const { stdout } = await shell(['sh', '-s'], script);
    expect(parseProbeAnswers(stdout).problem).toBe('');
    fc.assert(
      fc.property(fc.nat({ max: stdout.length - 5 }), (length) => {
        expect(parseProbeAnswers(stdout.subarray(0, length)).problem).not.toBe('');
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 8 }), (damages) => {
        const damaged = Buffer.from(stdout);
        for (const [at, byte] of damages) damaged[at % damaged.length] = byte;
        const { facts, problem } = parseProbeAnswers(damaged);
        expect(facts === undefined).toBe(problem !== '');
      }),
      { numRuns: 400 },
    );
  });

  it('ignores what a login shell prints first', async () => {
    const { stdout } = await shell(['sh', '-s'], probeScript([], host.layout));
    const greeted = Buffer.concat([Buffer.from('Welcome to host!\nend\0'), stdout]);
    expect(parseProbeAnswers(greeted).problem).toBe('');
  });

  it('is not fooled by a file that holds an answer of its own', async () => {
    const { stdout } = await shell(['sh', '-s'], probeScript([], host.layout));
    writeFileSync(`${host.root}/file`, stdout);
    const facts = await host.probe([{ ask: 'file', path: `${host.root}/file`, content: true }]);
    expect(facts.files.get(`file ${host.root}/file`)?.content).toBe(stdout.toString());
  });
});
