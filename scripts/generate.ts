import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { planJsonSchema } from '../src/sealctl/plan/render/json-schema.ts';
import { clusterJsonSchema, clusterPartJsonSchema } from '../src/sealctl/spec/json-schema.ts';
import { referencePage } from '../src/sealctl/spec/reference-page.ts';

/** A committed file that is made from code: its path in the repository and how its text is made. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: () => string | Promise<string>;
}

/** Every generated file of the repository. Add one here and `npm run generate` writes it, `npm run check` compares it. */
export const generatedFiles: readonly GeneratedFile[] = [
  { path: 'schemas/cluster.schema.json', text: clusterJsonSchema },
  { path: 'schemas/cluster-part.schema.json', text: clusterPartJsonSchema },
  { path: 'schemas/plan.schema.json', text: planJsonSchema },
  { path: 'docs/cluster-yaml.md', text: referencePage },
];

/** The generated files whose committed text is not what the code makes now, as lines for a reader. */
export async function staleGeneratedFiles(root: string): Promise<string[]> {
  const stale: string[] = [];
  for (const file of generatedFiles) {
    if (readIfThere(join(root, file.path)) !== (await formatted(root, file)))
      stale.push(`${file.path}: run npm run generate`);
  }
  return stale;
}

async function writeGeneratedFiles(root: string): Promise<void> {
  for (const file of generatedFiles) {
    const path = join(root, file.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await formatted(root, file));
    console.log(`wrote ${file.path}`);
  }
}

async function formatted(root: string, file: GeneratedFile): Promise<string> {
  const filepath = join(root, file.path);
  return format(await file.text(), { ...(await resolveConfig(filepath)), filepath });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeGeneratedFiles(join(import.meta.dirname, '..'));
