import { sectorSizes } from '@sealctl/core/lotus/sector-size';
import { hasErrors, type Problem, type SourceRange } from '@sealctl/core/problem/problem';
import { checkCluster } from './cluster-rules.ts';
import { checkDaemons } from './daemon-rules.ts';
import type { ClusterDraft } from './draft.ts';
import type { FileReader } from './file-reader.ts';
import { resolveHost } from './host.ts';
import { checkSharedHost } from './host-rules.ts';
import { checkSharedLayers } from './layer-rules.ts';
import type { Loading } from './loading.ts';
import { checkMiner } from './miner-rules.ts';
import { resolveMiner } from './miner.ts';
import { usedPrograms, type UsedProgram } from './releases.ts';
import { Report } from './report.ts';
import { startResolving } from './resolving.ts';
import { resolveRollout } from './rollout.ts';
import { clusterFile } from './schema/cluster.ts';
import { checkShape } from './shape.ts';
import { Marks } from './source/marks.ts';
import { readWithIncludes } from './source/read-files.ts';
import type { SourceFile } from './source/source-file.ts';
import type { Spec } from './spec.ts';

export interface LoadedCluster {
  /** Absent when there is an error among the problems. */
  readonly spec?: Spec;
  /** The programs that daemons use, as far as they could be resolved, also if there are errors, so that their files can be checked. */
  readonly programs: readonly UsedProgram[];
  /** All problems, sorted by place. */
  readonly problems: readonly Problem[];
  /** The paths, as written, of all files that were read or not found, for watching. The first is the cluster file itself. */
  readonly files: readonly string[];
  /** The texts of the files, for showing the places of problems; empty for a file that could not be read. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Loads a cluster file with its includes. Its only effect is reading files; it never throws because of their content. Problems show the
 * path as given here.
 */
export function loadCluster(path: string, files: FileReader): LoadedCluster {
  const report = new Report();
  const sources = new Map<string, SourceFile>();
  const base = { report, files, sources, marks: new Marks(), broken: new Map<string, SourceRange>() };
  const root = readWithIncludes(path, base);
  let spec: Spec | undefined;
  let programs: readonly UsedProgram[] = [];
  if (root !== undefined && base.broken.size > 0) {
    const shape = new Report();
    checkShape(root, clusterFile, { ...base, report: shape });
    for (const problem of shape.problems()) if (standsBefore(problem, base.broken)) report.keep(problem);
  } else if (root !== undefined) {
    const damaged = checkShape(root, clusterFile, base);
    const draft = root as ClusterDraft;
    const sectorSize = sectorSizes.find((size) => size.name === draft.sectorSize)?.name ?? '32GiB';
    ({ spec, programs } = resolve({ ...base, draft, damaged, sectorSize }));
  }
  const problems = report.problems();
  return {
    ...(spec && !hasErrors(problems) && { spec }),
    programs,
    problems,
    files: [...sources.keys()],
    sources: new Map([...sources].map(([name, source]) => [name, source.text])),
  };
}

/** After a syntax error keys may be missing and values misplaced; only the text before it is reliable. */
function standsBefore(problem: Problem, broken: ReadonlyMap<string, SourceRange>): boolean {
  if (problem.code === 'missing-key' || problem.where?.in !== 'source') return false;
  const { range } = problem.where;
  const from = broken.get(range.file);
  return from === undefined || range.endLine < from.line;
}

function resolve(loading: Loading): { readonly spec: Spec; readonly programs: readonly UsedProgram[] } {
  const resolving = startResolving(loading);
  const { draft } = loading;
  const hosts = loading.marks
    .keys(draft.hosts)
    .map((name) => resolveHost(resolving, name, name === draft.miner?.host));
  const miner = resolveMiner(
    resolving,
    hosts.find((host) => host.name === draft.miner?.host),
  );
  checkSharedLayers(resolving);
  for (const host of hosts) {
    checkDaemons(loading, host);
    checkSharedHost(loading, host, miner);
  }
  checkMiner(loading);
  checkCluster(loading, hosts, miner);
  const spec = {
    cluster: draft.cluster ?? '',
    actor: draft.actor ?? '',
    sectorSize: loading.sectorSize,
    miner,
    hosts,
    rollout: resolveRollout(loading, hosts),
  };
  return { spec, programs: usedPrograms(resolving.releases, hosts, miner) };
}
