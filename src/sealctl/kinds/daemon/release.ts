import { hash } from 'node:crypto';
import { probeKey, type FileFact, type ProbeRequest } from '../../host/probe/facts.ts';
import type { Problem } from '@sealctl/core/problem/problem';
import type { Origins, ProgramSpec } from '../../spec/spec.ts';
import { restartClass, serviceRequest, type Daemon } from './daemon.ts';
import { removeOwnedFile, unchanged } from '../core/file-difference.ts';
import type { FieldChange } from '../../model/field-change.ts';
import type { MinerOwner, WorkerOwner } from '../core/owner.ts';
import type { ManagedKind } from '../core/managed-kind.ts';
import type { DiffContext, Difference, Resource } from '../../model/kind.ts';

/** Which program a daemon runs: a symbolic link into the content-addressed directory of releases. */
export interface ProgramLink {
  readonly daemon: Daemon;
  /** As cluster.yaml calls the release. */
  readonly name: string;
  readonly program: ProgramSpec;
}

/** The program that a daemon runs, the name of its release, and where cluster.yaml states both. */
export function daemonProgram(owner: MinerOwner | WorkerOwner): {
  readonly name: string;
  readonly program: ProgramSpec;
  readonly origins: Origins;
} {
  if (owner.of === 'miner') {
    const { release: of, origins } = owner.miner;
    return { name: of.name, program: of.miner, origins };
  }
  const { release: of, origins } = owner.worker;
  return { name: of.name, program: of.worker, origins };
}

/** The link of a daemon to the program of its release. */
export function programLinkOf(
  daemon: Daemon,
  name: string,
  program: ProgramSpec,
  origins: Origins,
): Resource<ProgramLink> {
  return {
    kind: 'release',
    id: `${daemon.id}/release`,
    host: daemon.host,
    daemon: daemon.ref,
    desired: { daemon, name, program },
    origins,
  };
}

/** Name of a program's file on a host: that of the local file, so that process lists show it. */
export function programName({ file }: ProgramSpec): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

/** The path of a program on a host. */
export function programPath(releases: string, program: ProgramSpec): string {
  return `${releases}/${program.sha256}/${programName(program)}`;
}

/** The question for a daemon's link. */
export function linkRequest(daemon: Daemon): ProbeRequest {
  return { ask: 'file', path: daemon.programLink, content: false };
}

/** The current target of a daemon's link. */
export function linkTarget(daemon: Daemon, context: Pick<DiffContext, 'facts'>): string | undefined {
  const fact = linkFact(daemon, context);
  return fact.type === 'link' ? fact.target : undefined;
}

export const release: ManagedKind<ProgramLink, 'release'> = {
  name: 'release',
  after: [],
  desired: (owner) => {
    if (owner.of === 'host') return [];
    const { name, program, origins } = daemonProgram(owner);
    return [programLinkOf(owner.daemon, name, program, origins)];
  },
  probe: ({ desired: { daemon } }) => [linkRequest(daemon), serviceRequest(daemon)],
  diff: (resource, context) => {
    const { daemon, program } = resource.desired;
    const findings = hostFindings(resource.desired, context);
    if (findings.some(({ severity }) => severity === 'error')) return unchanged(findings);
    const target = programPath(daemon.layout.releases, program);
    const fact = linkFact(daemon, context);
    if (fact.type !== 'absent' && fact.type !== 'link') {
      return unchanged([...findings, inTheWay(daemon, fact)]);
    }
    if (fact.type === 'link' && fact.target === target && context.owned !== undefined)
      return unchanged(findings);
    return { ...linkDifference(resource, fact, target, context), findings };
  },
  probeOwned: (entry) => [{ ask: 'file', path: entry.path, content: false }],
  remove: (entry) => removeOwnedFile(entry, 'the daemon was removed from cluster.yaml'),
};

function linkFact(daemon: Daemon, { facts }: Pick<DiffContext, 'facts'>): FileFact {
  return facts.files.get(probeKey(linkRequest(daemon))) ?? { type: 'absent' };
}

function linkDifference(
  { id, kind, desired: { daemon, name, program }, origins }: Resource<ProgramLink>,
  fact: FileFact,
  target: string,
  context: DiffContext,
): Difference {
  const sha256 = hash('sha256', target, 'hex');
  const before = fact.target === undefined ? null : shortRelease(fact.target);
  const field: FieldChange = {
    field: 'release',
    before: { show: 'value', value: before },
    after: { show: 'value', value: `${name} (${program.sha256.slice(0, 12)})` },
    class: fact.target === target ? 'live' : restartClass(daemon, context),
    cause: context.owned !== undefined && context.owned.sha256 === sha256 ? 'drift' : 'change',
    reason:
      fact.target === target
        ? 'the link is right; only the manifest on the host changes'
        : 'a running process keeps its program',
    ...(origins['release'] === undefined ? {} : { origin: origins['release'] }),
  };
  return {
    action: fact.type === 'absent' ? 'create' : 'update',
    fields: [field],
    findings: [],
    steps: [
      {
        title: `point ${daemon.programLink} at ${name}`,
        phase: 'configure',
        on: 'host',
        operation: {
          do: 'link',
          path: daemon.programLink,
          target,
          entry: { id, kind, path: daemon.programLink, sha256 },
        },
      },
    ],
  };
}

function shortRelease(target: string): string {
  return /\/(?<digest>[0-9a-f]{12})[0-9a-f]{52}\//.exec(target)?.groups?.['digest'] ?? target;
}

function hostFindings({ daemon, name, program }: ProgramLink, { facts }: DiffContext): Problem[] {
  const where = { in: 'host', host: daemon.host } as const;
  const flags = program.requiresCpu.filter((flag) => !facts.cpuFlags.has(flag));
  const findings: Problem[] = facts.missingLibraries.map((library) => ({
    code: 'library-missing',
    severity: 'warning',
    summary: `${programName(program)} may need ${library}, which ${daemon.host} does not have`,
    where,
    why: 'a program built with Node needs the C++ runtime; a minimal system may lack it',
    fix: 'apt-get install libstdc++6, or the package of that name of the distribution',
  }));
  if (flags.length > 0) {
    findings.push({
      code: 'cpu-feature-missing',
      severity: 'error',
      summary: `${daemon.host} cannot run release ${name}: its CPU lacks ${flags.join(', ')}`,
      where,
      why: `the release has \`requires: {cpu: [${program.requiresCpu.join(', ')}]}\``,
      fix: 'assign this host a release built for its CPU',
    });
  }
  return findings;
}

function inTheWay(daemon: Daemon, fact: FileFact): Problem {
  return {
    code: 'foreign-file',
    severity: 'error',
    summary: `${daemon.programLink} exists but was not created by sealctl`,
    where: { in: 'host', host: daemon.host, path: daemon.programLink },
    why: `sealctl expects a symbolic link there and found a ${fact.type}`,
    fix: 'check it; if nothing needs it, move it away and plan again',
  };
}
