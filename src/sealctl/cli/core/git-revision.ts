import { dirname, resolve } from 'node:path';
import { execa } from 'execa';

/**
 * The git revision that some files lie at, with `-dirty` when one of them differs from it or is not in git. Undefined without git, or
 * outside a repository.
 */
export async function gitRevision(files: readonly string[], cwd: string): Promise<string | undefined> {
  const paths = files.map((file) => resolve(cwd, file));
  const [first] = paths;
  if (first === undefined) return undefined;
  const git = async (...words: string[]): Promise<string | undefined> => {
    const result = await execa('git', ['-C', dirname(first), ...words], { reject: false, timeout: 10_000 });
    return result.exitCode === 0 ? result.stdout.trim() : undefined;
  };
  const revision = await git('rev-parse', '--verify', 'HEAD');
  if (revision === undefined) return undefined;
  const changed = await git('status', '--porcelain', '--', ...paths);
  return changed === '' ? revision : `${revision}-dirty`;
}
