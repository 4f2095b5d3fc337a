import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** The least part of the mutants that the tests must kill. */
const leastKilled = 0.85;

const positionSchema = z.object({ line: z.number(), column: z.number() });
const mutantSchema = z.object({
  status: z.string(),
  replacement: z.string().default(''),
  location: z.object({ start: positionSchema, end: positionSchema }),
});
type Mutant = z.output<typeof mutantSchema>;
const reportSchema = z.object({
  files: z.record(z.string(), z.object({ source: z.string(), mutants: z.array(mutantSchema) })),
});

/** Stryker's report: the files that it changed, each with its mutants. */
export type MutationReport = z.output<typeof reportSchema>;

/** Mutants that may survive, by how `nameOf` calls them, and why. */
export const survivorsSchema = z.array(
  z.strictObject({ reason: z.string().min(20), mutants: z.array(z.string()).min(1) }),
);
/** One reason and the mutants that it excuses. */
export type Excuse = z.output<typeof survivorsSchema>[number];

/** What a run of Stryker has shown, held against the list of survivors. */
export interface MutationVerdict {
  readonly killed: number;
  /** Killed and survived; static mutants and those that do not compile are not counted. */
  readonly counted: number;
  /** Survivors without a reason. */
  readonly unexplained: readonly string[];
  /** Listed, of a file that was mutated, but killed or gone. */
  readonly stale: readonly string[];
}

/** How a mutant is called in the list: its file, the code and what replaced it, so that lines above it may change. */
export function nameOf(
  file: string,
  source: string,
  { location: { start, end }, replacement }: Mutant,
): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1)?.slice(0, end.column - 1) ?? '';
  lines[0] = lines[0]?.slice(start.column - 1) ?? '';
  return `${file}: ${shortened(lines.join('\n'))} -> ${shortened(replacement)}`;
}

/** Text on one line, its middle left out when it is long. */
function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 160 ? line : `${line.slice(0, 100)} ... ${line.slice(-50)}`;
}

/** Holds a report against the list of survivors. */
export function verdictOf(report: MutationReport, excuses: readonly Excuse[]): MutationVerdict {
  const survived = new Set<string>();
  let killed = 0;
  let counted = 0;
  for (const [file, { source, mutants }] of Object.entries(report.files)) {
    for (const mutant of mutants) {
      const dead = mutant.status === 'Killed' || mutant.status === 'Timeout';
      const alive = mutant.status === 'Survived' || mutant.status === 'NoCoverage';
      if (dead) killed += 1;
      if (dead || alive) counted += 1;
      if (alive) survived.add(nameOf(file, source, mutant));
    }
  }
  const listed = new Set(excuses.flatMap(({ mutants }) => mutants));
  const mutated = (name: string) => Object.keys(report.files).some((file) => name.startsWith(`${file}: `));
  return {
    killed,
    counted,
    unexplained: [...survived].filter((name) => !listed.has(name)),
    stale: [...listed].filter((name) => mutated(name) && !survived.has(name)),
  };
}

/** Reads every list of survivors in `directory`. */
export function readExcuses(directory: string): Excuse[] {
  return readdirSync(directory).flatMap((file) =>
    survivorsSchema.parse(JSON.parse(readFileSync(join(directory, file), 'utf8'))),
  );
}

if (process.argv[1] === import.meta.filename) {
  const root = join(import.meta.dirname, '..');
  const file = process.argv[2] ?? join(root, 'coverage/mutation-report.json');
  const report = reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const verdict = verdictOf(report, readExcuses(join(root, 'test/mutation/survivors')));
  const share = verdict.killed / verdict.counted;
  for (const name of verdict.unexplained) console.log(`survived  ${JSON.stringify(name)}`);
  for (const name of verdict.stale) console.log(`listed, but did not survive  ${JSON.stringify(name)}`);
  console.log(`${verdict.killed} of ${verdict.counted} mutants killed (${(share * 100).toFixed(1)} %)`);
  if (share < leastKilled || verdict.unexplained.length > 0 || verdict.stale.length > 0) process.exitCode = 1;
}
