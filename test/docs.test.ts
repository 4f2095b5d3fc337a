import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { memoryFiles } from '../src/sealctl/spec/file-reader.ts';
import { loadCluster } from '../src/sealctl/spec/load-cluster.ts';

const pages = [
  ...readdirSync('.'),
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
  ...readdirSync('.github').map((name) => `.github/${name}`),
].filter((name) => name.endsWith('.md'));
const release = JSON.stringify({
  worker: { file: 'seal-worker', sha256: 'a'.repeat(64) },
  miner: { file: 'seal-miner', sha256: 'b'.repeat(64) },
});

describe.each(pages)('%s', (page) => {
  const text = readFileSync(page, 'utf8');

  test('shows only cluster files that are valid', () => {
    const blocks = [...text.matchAll(/```yaml\n(?<yaml># cluster\.yaml\n.*?)```/gs)];
    for (const block of blocks) {
      const files = memoryFiles({
        'cluster.yaml': block.groups?.['yaml'] ?? '',
        '/dist/release.json': release,
      });
      expect(loadCluster('cluster.yaml', files).problems).toEqual([]);
    }
    if (page === 'README.md') expect(blocks).toHaveLength(1);
  });
});
