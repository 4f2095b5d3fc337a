import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diskFiles } from '../../../src/sealctl/spec/file-reader.ts';
import { loadCluster } from '../../../src/sealctl/spec/load-cluster.ts';

const folder = join(import.meta.dirname, 'broken');
const files = readdirSync(folder).sort();

/** What `#! code` at the end of a line says must be told of that line. */
function expectations(text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const code = /#! (?<code>[a-z0-9-]+)$/.exec(line)?.groups?.['code'];
    return code === undefined ? [] : [`${code} in line ${index + 1}`];
  });
}

describe('broken cluster files', () => {
  it.each(files)('%s gives exactly the errors its lines say', (name) => {
    const path = join(folder, name);
    const { spec, problems } = loadCluster(path, diskFiles);
    const errors = problems
      .filter((problem) => problem.severity === 'error')
      .map(({ code, where }) =>
        where?.in === 'source' && relative(path, where.range.file) === ''
          ? `${code} in line ${where.range.line}`
          : code,
      );
    const wanted = expectations(diskFiles.read(path));
    expect(wanted).not.toEqual([]);
    expect([...new Set(errors)]).toEqual(wanted);
    expect(spec).toBeUndefined();
  });

  it('every error says what to do or why', () => {
    for (const name of files) {
      for (const problem of loadCluster(join(folder, name), diskFiles).problems) {
        expect([name, problem.code, (problem.fix ?? problem.why) !== undefined]).toEqual([
          name,
          problem.code,
          true,
        ]);
      }
    }
  });
});
