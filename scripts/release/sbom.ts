import { createHash } from 'node:crypto';
import type { BuildInfo } from '../../src/core/git-version.ts';
import { nodeVersion } from './node-runtime.ts';
import type { BundledPackage } from './packages.ts';
import type { Program } from './programs.ts';
import { runTool } from './run-tool.ts';

/** The parts of npm's CycloneDX document that are kept or changed. */
interface Sbom {
  serialNumber: string;
  metadata: { timestamp?: string; component: object };
  components: { readonly 'bom-ref': string }[];
  dependencies: { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

/** What npm knows of every package of the repository. */
export function repositorySbom(root: string): Sbom {
  return JSON.parse(
    runTool('npm', ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application'], { cwd: root }),
  ) as Sbom;
}

/**
 * The software bill of materials of a program: what npm knows, reduced to what is inside the program, and the Node that an executable
 * holds. Nothing in it depends on when or where it was made.
 */
export function programSbom(
  all: Sbom,
  program: Program,
  packages: readonly BundledPackage[],
  info: BuildInfo,
): string {
  const inside = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  const self = `${program.name}@${info.version}`;
  const node = {
    'bom-ref': `node@${nodeVersion}`,
    type: 'platform',
    name: 'node',
    version: nodeVersion,
    description: 'the runtime inside the single executables',
    purl: `pkg:generic/node@${nodeVersion}`,
    licenses: [{ license: { id: 'MIT' } }],
  };
  const components = all.components.filter((component) => inside.has(component['bom-ref']));
  const missing = [...inside].filter((ref) => !components.some((component) => component['bom-ref'] === ref));
  if (missing.length > 0) throw new Error(`npm sbom does not know ${missing.join(', ')}`);
  const sbom = {
    ...all,
    serialNumber: `urn:uuid:${uuidOf(self)}`,
    metadata: {
      ...all.metadata,
      timestamp: undefined,
      component: {
        'bom-ref': self,
        type: 'application',
        name: program.name,
        version: info.version,
        description: program.summary,
        licenses: [{ expression: 'MIT OR Apache-2.0' }],
      },
    },
    components: [...components, node],
    dependencies: [
      { ref: self, dependsOn: [...inside, node['bom-ref']] },
      ...all.dependencies
        .filter(({ ref }) => inside.has(ref))
        .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((on) => inside.has(on)) })),
    ],
  };
  return `${JSON.stringify(sbom, undefined, 2)}\n`;
}

/** The same UUID for the same text, in the form of version 8. */
function uuidOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex');
  const variant = ((parseInt(digits.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}
