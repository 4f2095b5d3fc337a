import { writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostFacts, ProbeRequest } from '../../../src/sealctl/host/probe/facts.ts';
import type { Operation } from '../../../src/sealctl/host/operations/operation.ts';
import { sha256 } from '../../../src/sealctl/kinds/core/file.ts';
import { ProblemError } from '../../../src/core/problem/problem.ts';
import { RealHost } from '../host/real-host.ts';
import { ModelHost } from './host.ts';

type Act =
  | { readonly act: 'operation'; readonly operation: (root: string) => Operation }
  | { readonly act: 'edit'; readonly file: string; readonly content: string };

const files = ['one', 'two', 'dir/three'];
const contents = ['a', 'b', 'c'];
const file = fc.constantFrom(...files);
const content = fc.constantFrom(...contents);
const id = fc.constantFrom('h/x', 'h/y', 'h/z');

const programs = contents.map((text) => ({ text, sha: sha256(text) }));
const program = fc.constantFrom(...programs);
const target = (root: string, sha: string) => `${root}/releases/${sha}/seal-worker`;

const operation: fc.Arbitrary<(root: string) => Operation> = fc.oneof(
  fc
    .tuple(
      file,
      content,
      id,
      fc.oneof(
        fc.constant({ absent: true } as const),
        content.map((text) => ({ sha256: sha256(text) })),
      ),
    )
    .map(([name, text, entryId, replaces]) => (root: string): Operation => ({
      do: 'write-file',
      path: `${root}/${name}`,
      content: [text],
      mode: '0600',
      entry: { id: entryId, kind: 'environment', note: 'n' },
      replaces,
    })),
  fc.tuple(file, content, id).map(([name, text, entryId]) => (root: string): Operation => ({
    do: 'remove-file',
    path: `${root}/${name}`,
    entry: { id: entryId, kind: 'environment', path: `${root}/${name}`, sha256: sha256(text) },
  })),
  file.map((name) => (root: string): Operation => ({
    do: 'ensure-directory',
    path: `${root}/${name}`,
    mode: '0755',
  })),
  program.map(({ text, sha }) => (root: string): Operation => ({
    do: 'upload-program',
    source: `${root}-sources/${text}`,
    sha256: sha,
    program: 'seal-worker',
  })),
  program.map(({ sha }) => (): Operation => ({ do: 'remove-release', sha256: sha })),
  fc.tuple(program, id).map(([{ sha }, entryId]) => (root: string): Operation => ({
    do: 'link',
    path: `${root}/releases/current/worker-main`,
    target: target(root, sha),
    entry: {
      id: entryId,
      kind: 'release',
      path: `${root}/releases/current/worker-main`,
      sha256: sha256(target(root, sha)),
    },
  })),
  fc.tuple(file, id, id).map(([name, record, forget]) => (root: string): Operation => ({
    do: 'manifest',
    record: [{ id: record, kind: 'sector-store', path: `${root}/${name}`, sha256: '-', note: 'x' }],
    forget: [forget],
  })),
  fc.constant((): Operation => ({
    do: 'set-hold',
    hold: { who: 'a', since: '2026-01-01T00:00:00Z', why: 'disk' },
  })),
  fc.constant((): Operation => ({ do: 'clear-hold' })),
);

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: operation.map((it) => ({ act: 'operation', operation: it }) as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('edit' as const),
      file: fc.constantFrom('one', 'two'),
      content,
    }),
  },
);

/** What both kinds of host must agree on. */
function comparable(facts: HostFacts) {
  const plainFiles = [...facts.files].map(([key, { type, sha256: sha, content: text, target: to }]) => [
    key,
    { type, sha, text, to },
  ]);
  const directories = [...facts.directories].map(([key, { type, mode, empty }]) => [
    key,
    { type, mode, empty },
  ]);
  return {
    // A set of entries: the order of its lines means nothing.
    manifest: new Map(facts.manifest.map((entry) => [entry.id, entry])),
    hold: facts.hold,
    releases: new Set(facts.releases),
    files: new Map(plainFiles as [string, unknown][]),
    directories: new Map(directories as [string, unknown][]),
  };
}

async function outcome(running: Promise<void>): Promise<string> {
  try {
    await running;
    return 'done';
  } catch (thrown) {
    if (thrown instanceof ProblemError) return thrown.problems[0]?.code ?? '';
    throw thrown;
  }
}

describe('the model host', () => {
  it('answers every operation and every probe as the real scripts do', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 10 }), async (acts) => {
        const real = new RealHost();
        const sources = new RealHost({ root: `${real.root}-sources` });
        const model = new ModelHost('here', real.layout, false, () => new Map());
        try {
          for (const text of contents) {
            await sources.run({ do: 'ensure-directory', path: sources.root, mode: '0755' });
            writeFileSync(`${sources.root}/${text}`, text);
          }
          for (const step of acts) {
            if (step.act === 'edit') {
              const path = `${real.root}/${step.file}`;
              const there = (await real.probe([{ ask: 'file', path, content: false }])).files.get(
                `file ${path}`,
              );
              if (there?.type === 'directory') continue;
              writeFileSync(path, step.content);
              model.edit(path, step.content);
              continue;
            }
            const op = step.operation(real.root);
            expect(`${op.do}: ${await outcome(model.run(op))}`).toBe(
              `${op.do}: ${await outcome(real.run(op))}`,
            );
          }
          const requests: ProbeRequest[] = [
            ...files.map((name) => ({ ask: 'file', path: `${real.root}/${name}`, content: true }) as const),
            ...files.map((name) => ({ ask: 'directory', path: `${real.root}/${name}` }) as const),
            { ask: 'file', path: `${real.root}/releases/current/worker-main`, content: false },
          ];
          expect(comparable(model.probe(requests))).toEqual(comparable(await real.probe(requests)));
        } finally {
          real.remove();
          sources.remove();
        }
      }),
      { numRuns: 25 },
    );
  });
});
