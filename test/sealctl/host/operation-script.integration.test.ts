import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WriteFile } from '../../../src/sealctl/host/operations/operation.ts';
import {
  operationScript,
  parseOperationFailure,
} from '../../../src/sealctl/host/operations/operation-script.ts';
import { ProblemError } from '../../../src/core/problem/problem.ts';
import { sha256 } from '../../../src/sealctl/kinds/core/file.ts';
import { Redactor } from '../../../src/core/secret/redact.ts';
import { RealHost, shell } from './real-host.ts';

let host: RealHost;
beforeEach(() => {
  host = new RealHost();
});
afterEach(() => host.remove());

const isRoot = process.getuid?.() === 0;

function writing(path: string, content: string, changes: Partial<WriteFile> = {}): WriteFile {
  return {
    do: 'write-file',
    path,
    content: [content],
    mode: '0600',
    entry: { id: `h/${path}`, kind: 'environment' },
    replaces: { absent: true },
    ...changes,
  };
}

async function codeOf(running: Promise<void>): Promise<string> {
  const thrown: unknown = await running.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ProblemError)) throw new Error('it did not fail with a problem', { cause: thrown });
  return thrown.problems[0]?.code ?? '';
}

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

describe('remove-file', () => {
  it('removes its own file and forgets it, also when repeated', async () => {
    const path = `${host.root}/a`;
    await host.run(writing(path, 'one'));
    const [entry] = await manifest();
    if (entry === undefined) throw new Error('nothing was recorded');
    await host.run({ do: 'remove-file', path, entry });
    await host.run({ do: 'remove-file', path, entry });
    expect(existsSync(path)).toBe(false);
    expect(await manifest()).toEqual([]);
  });

  it('leaves what somebody else wrote there', async () => {
    const path = `${host.root}/a`;
    await host.run(writing(path, 'one'));
    const [entry] = await manifest();
    if (entry === undefined) throw new Error('nothing was recorded');
    writeFileSync(path, 'by hand');
    expect(await codeOf(host.run({ do: 'remove-file', path, entry }))).toBe('changed-since-plan');
    expect(readFileSync(path, 'utf8')).toBe('by hand');
  });
});

describe('link', () => {
  const program = (content: string) => {
    const sha = sha256(content);
    const path = `${host.layout.releases}/${sha}/seal-worker`;
    mkdirSync(`${host.layout.releases}/${sha}`, { recursive: true });
    writeFileSync(path, content);
    return { sha, path };
  };
  const linking = (target: string) => {
    const path = `${host.layout.releases}/current/worker-main`;
    return {
      do: 'link',
      path,
      target,
      entry: { id: 'h/release', kind: 'release', path, sha256: sha256(target) },
    } as const;
  };

  it('points at a program, at another one, and may be repeated', async () => {
    const [one, two] = [program('one'), program('two')];
    await host.run(linking(one.path));
    await host.run(linking(two.path));
    await host.run(linking(two.path));
    expect(readlinkSync(linking(two.path).path)).toBe(two.path);
    expect(await manifest()).toEqual([linking(two.path).entry]);
  });

  it('refuses a program that is not there or is not what its directory says', async () => {
    expect(await codeOf(host.run(linking(`${host.root}/nothing`)))).toBe('program-missing');
    const { path } = program('one');
    writeFileSync(path, 'tampered with');
    expect(await codeOf(host.run(linking(path)))).toBe('program-damaged');
  });

  it('notes the digest, which counts only while the program stays untouched', async () => {
    const { path, sha } = program('one');
    await host.run(linking(path));
    const digest = async () =>
      (await host.probe([{ ask: 'program', path }])).files.get(`program ${path}`)?.sha256;
    expect(await digest()).toBe(sha);
    const noted = readFileSync(`${path}.digest`, 'utf8');
    writeFileSync(`${path}.digest`, noted.replace(sha, 'f'.repeat(64)));
    expect(await digest()).toBe('f'.repeat(64));
    writeFileSync(path, 'tampered with');
    expect(await digest()).toBe(sha256('tampered with'));
  });
});

describe('remove-release', () => {
  it('removes an old release but none that a process runs from', async () => {
    const idle = `${host.layout.releases}/${'a'.repeat(64)}`;
    mkdirSync(idle, { recursive: true });
    await host.run({ do: 'remove-release', sha256: 'a'.repeat(64) });
    expect(existsSync(idle)).toBe(false);

    const sha = 'b'.repeat(64);
    await host.run({ do: 'upload-program', source: '/bin/sleep', sha256: sha, program: 'seal-worker' });
    const running = `${host.layout.releases}/${sha}/seal-worker`;
    const pid = execFileSync('sh', ['-c', '"$1" 100 >/dev/null 2>&1 & echo $!', 'sh', running], {
      encoding: 'utf8',
    }).trim();
    try {
      expect(await codeOf(host.run({ do: 'remove-release', sha256: sha }))).toBe('release-in-use');
      expect(existsSync(running)).toBe(true);
    } finally {
      process.kill(Number(pid));
    }
  });
});

describe('run', () => {
  it('gives the program its arguments and environment byte for byte and runs nothing else', async () => {
    const text = fc.string({ unit: 'binary' }).filter((it) => !it.includes('\0'));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 4 }), text, async (argv, value) => {
        const out = `${host.root}/out`;
        await host.run({
          do: 'run',
          argv: ['/bin/sh', '-c', 'printf "%s\\0" "$HOSTILE" "$@" >"$OUT"', 'sh', ...argv],
          env: { HOSTILE: [value], OUT: [out] },
          timeoutMs: 10_000,
        });
        const [seen, ...words] = readFileSync(out, 'utf8').split('\0').slice(0, -1);
        expect(seen).toBe(Buffer.from(value).toString());
        expect(words).toEqual(argv.map((word) => Buffer.from(word).toString()));
      }),
      { numRuns: 40 },
    );
  });

  it('does nothing when what it is to make is there', async () => {
    const made = `${host.root}/keystore`;
    const operation = {
      do: 'run',
      argv: ['/bin/mkdir', made],
      env: {},
      timeoutMs: 10_000,
      unless: made,
    } as const;
    await host.run(operation);
    await host.run(operation);
    expect(statSync(made).isDirectory()).toBe(true);
  });

  it('says how a program failed and what it last said', async () => {
    const operation = {
      do: 'run',
      argv: ['/bin/sh', '-c', 'echo the disk is on fire; exit 3'],
      env: {},
      timeoutMs: 10_000,
    } as const;
    await expect(host.run(operation)).rejects.toMatchObject({
      problems: [{ code: 'program-failed', why: expect.stringContaining('the disk is on fire') as string }],
    });
  });

  it('ends a program that takes too long', async () => {
    const operation = { do: 'run', argv: ['/bin/sleep', '60'], env: {}, timeoutMs: 1000 } as const;
    expect(await codeOf(host.run(operation))).toBe('program-timed-out');
  });
});

describe('hold and inventory', () => {
  it('are read back as they were written', async () => {
    const hold = { who: "o'hara", since: '2026-01-01T00:00:00Z', why: 'disk\nswap' };
    const inventory = {
      revision: 'abc',
      hosts: [
        { name: 'w', address: '10.0.0.1', services: 'supervisor', root: '/x', become: 'none' } as const,
      ],
    };
    await host.run({ do: 'set-hold', hold });
    await host.run({ do: 'write-inventory', inventory });
    expect(await host.probe([])).toMatchObject({ hold, inventory });
    await host.run({ do: 'clear-hold' });
    await host.run({ do: 'clear-hold' });
    expect((await host.probe([])).hold).toBeUndefined();
  });
});

describe('what a script says of its failure', () => {
  it('is a problem whatever stands on standard error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 255 }), (stderr, status) => {
        const problem = parseOperationFailure({ do: 'clear-hold' }, 'h', { status, stderr });
        expect(problem.summary).not.toBe('');
        expect(problem.fix).toBeDefined();
      }),
    );
  });
});

describe('a long complaint', () => {
  it('is cut between lines, so that no half of a secret is left that would not be masked', () => {
    const secret = 'S3CRET-'.repeat(20);
    for (let after = 1800; after < 2010; after += 1) {
      const stderr = `${'noise\n'.repeat(1000)}PASSWORD=${secret}\n${'n'.repeat(after)}\n`;
      const { why } = parseOperationFailure({ do: 'clear-hold' }, 'h', { status: 1, stderr });
      expect(new Redactor([secret]).text(why ?? '')).not.toContain('S3CRET');
    }
  });
});

describe('a secret', () => {
  it('travels on standard input, never in the script', () => {
    const secrets = new Map([['env TOKEN', 'tok"en$']]);
    const content = ['A="', { inDoubleQuotes: { from: 'env', name: 'TOKEN' } }, '"\n'] as const;
    const { script, stdin } = operationScript(writing('/x', '', { content }), host.layout, secrets);
    expect(script).not.toContain('tok');
    expect(stdin).toBe('A="tok\\"en\\$"\n');
  });

  it('that is not known stops the operation before anything is done', () => {
    const content = [{ from: 'env', name: 'TOKEN' } as const];
    expect(() => operationScript(writing('/x', '', { content }), host.layout, new Map())).toThrow(
      ProblemError,
    );
  });
});
