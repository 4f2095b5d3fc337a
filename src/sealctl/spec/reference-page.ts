import { z } from 'zod';
import { clusterFile } from './schema/cluster.ts';
import { hostSettings } from './settings/index.ts';

/** The parts of a JSON Schema that the page shows. */
interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
}

interface Section {
  readonly title: string;
  readonly schema: Schema;
}

/** The reference page of cluster.yaml, made from the descriptions in the schema. */
export function referencePage(): string {
  const root = z.toJSONSchema(clusterFile, { io: 'input', target: 'draft-2020-12' }) as Schema;
  const page = new Page(root);
  return `${intro}\n${page.sections().map(page.render).join('\n')}`;
}

class Page {
  readonly #definitions: Readonly<Record<string, Schema>>;
  readonly #root: Schema;
  readonly #titles = new Map<Schema, string>();

  constructor(root: Schema) {
    this.#root = root;
    this.#definitions = root.$defs ?? {};
  }

  /** Every map with defined keys, once, in the order of the schema. */
  sections(): Section[] {
    const sections: Section[] = [];
    const visit = (title: string, schema: Schema): void => {
      if (this.#titles.has(schema)) return;
      this.#titles.set(schema, title);
      sections.push({ title, schema });
      for (const [key, value] of Object.entries(schema.properties ?? {})) {
        const path = title === topTitle ? key : `${title}.${key}`;
        for (const [suffix, inner] of this.#mapsIn(value))
          visit(this.#nameOf(inner) ?? `${path}${suffix}`, inner);
      }
    };
    visit(topTitle, this.#root);
    return [...sections, { title: secretTitle, schema: this.#secret() }];
  }

  readonly render = ({ title, schema }: Section): string => {
    const rows = Object.entries(schema.properties ?? {}).map(([key, value]) => {
      const resolved = this.#resolve(value);
      const required = schema.required?.includes(key) === true;
      const standard = value.default ?? resolved.default;
      const cells = [
        `\`${key}\``,
        this.#typeOf(value),
        required
          ? 'required'
          : standard === undefined
            ? ''
            : `\`${JSON.stringify(standard).replaceAll('"', '')}\``,
        value.description ?? resolved.description ?? '',
      ];
      return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
    });
    return [
      `## ${title}`,
      '',
      '| Key | Value | Default | Meaning |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
    ].join('\n');
  };

  /** The title of a definition that is used in several places. */
  #nameOf(schema: Schema): string | undefined {
    const [id] = Object.entries(this.#definitions).find(([, definition]) => definition === schema) ?? [];
    return id === undefined ? undefined : (definitionTitles[id] ?? id);
  }

  /** The forms of a reference to a secret as one map, of which a file has exactly one key. */
  #secret(): Schema {
    const forms = this.#definitions['secret']?.anyOf ?? [];
    return {
      properties: Object.assign({}, ...forms.map((form) => form.properties)) as Schema['properties'] & {},
    };
  }

  /** The maps with defined keys within a value, each with the path to it: a name in a map or a position in a list. */
  #mapsIn(schema: Schema): [suffix: string, schema: Schema][] {
    if (schema.$ref === secretRef) return [];
    const resolved = this.#resolve(schema);
    if (resolved.properties !== undefined) return [['', resolved]];
    const inner: [string, Schema][] = [];
    if (resolved.items !== undefined) inner.push(...this.#below('[]', resolved.items));
    if (typeof resolved.additionalProperties === 'object') {
      inner.push(...this.#below('.NAME', resolved.additionalProperties));
    }
    for (const option of resolved.anyOf ?? []) inner.push(...this.#mapsIn(option));
    return inner;
  }

  #below(suffix: string, schema: Schema): [suffix: string, schema: Schema][] {
    return this.#mapsIn(schema).map(([rest, found]) => [`${suffix}${rest}`, found]);
  }

  #typeOf(schema: Schema): string {
    const resolved = this.#resolve(schema);
    const title = this.#titles.get(resolved);
    if (schema.$ref === '#/$defs/taskType') return 'task type';
    if (schema.$ref === secretRef) return `[reference to a secret](#${anchorOf(secretTitle)})`;
    if (title !== undefined) return `[map](#${anchorOf(title)})`;
    if (resolved.const !== undefined) return `\`${JSON.stringify(resolved.const)}\``;
    if (resolved.enum !== undefined) return resolved.enum.map((value) => `\`${String(value)}\``).join(', ');
    if (resolved.anyOf !== undefined) {
      const options = resolved.anyOf
        .filter((option) => option.type !== 'null')
        .map((option) => this.#typeOf(option));
      return [...new Set(options)].join(' or ');
    }
    if (resolved.items !== undefined) return `list of ${this.#typeOf(resolved.items)}`;
    if (typeof resolved.additionalProperties === 'object') {
      return `map of names to ${this.#typeOf(resolved.additionalProperties)}`;
    }
    return typeNames[resolved.type ?? ''] ?? resolved.type ?? 'anything';
  }

  #resolve(schema: Schema): Schema {
    const name = schema.$ref?.replace('#/$defs/', '');
    return (name === undefined ? undefined : this.#definitions[name]) ?? schema;
  }
}

const topTitle = 'Top level';
const secretTitle = 'Secret: one of';
const secretRef = '#/$defs/secret';

const definitionTitles: Readonly<Record<string, string>> = {
  release: 'releases.NAME',
  storagePath: 'storage path',
  resourceOverride: 'resource override',
  host: 'hosts.NAME',
  worker: 'hosts.NAME.workers.NAME',
};

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: '`true` or `false`',
};

/** The anchor that GitHub gives a heading. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
}

/** In prose, such as `a`, `b` and `c`, each as code. */
const mergedMaps = new Intl.ListFormat('en-GB').format(
  ['env', 'limits', 'resources', 'ssh', 'ulimits', ...Object.keys(hostSettings)].map((key) => `\`${key}\``),
);

const intro = `# cluster.yaml

<!-- Made by "npm run generate" from src/sealctl/spec/schema; edit there. -->

One file describes a sealing cluster: its machines, the workers on them, the miner, the programs they run, and how changes are rolled
out. \`sealctl validate\` checks the file without a cluster, and shows every problem with its line, its cause and its fix. Editors
complete and check the file when its first line is

\`\`\`yaml
# yaml-language-server: $schema=./schemas/cluster.schema.json
\`\`\`

## Layers

A value can be set in several layers. In order of increasing precedence, these are: built-in values, \`defaults\`, task set, profile,
host, worker. A list or single value replaces that of the layers before. The maps
${mergedMaps} are merged entry by entry, and \`null\` removes an
entry of a layer with lower precedence. \`sealctl show HOST\` shows the origin of each value.

A host with one worker has the keys of the worker directly, and the name of the worker is \`main\`. A host with several workers has them
in \`workers\`; keys of workers in the host itself apply to each of them.

## Files

\`include\` reads other files and adds the entries of their maps to those of the first file; no entry may be set twice. Anchors, aliases
and \`<<\` work within a file. Paths of files on this machine are relative to the file that contains them. The file never contains a
secret: a reference to one names an environment variable, a file or a command. A release either names its programs with their digests
or names a \`manifest\` that a build has written.

## Units

Sizes are powers of 1024: \`64GiB\`, \`64GB\` and \`64G\` are the same. Times have a unit: \`30s\`, \`15m\`, \`12h\`, \`1h30m\`. A task type is
written as Lotus's code (\`PC1\`), as its long name (\`PreCommit1\`), or as its name on the wire (\`seal/v0/precommit/1\`).
`;
