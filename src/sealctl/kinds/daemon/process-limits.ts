import type { Problem } from '@sealctl/core/problem/problem';
import type { Origins, OriginKey } from '../../spec/spec.ts';
import { cpuList, cpuSet, highestCpu } from '@sealctl/core/text/cpu-list';
import { processOf, restartClass, type Daemon } from './daemon.ts';
import type { FieldChange } from '../../model/field-change.ts';
import type { DiffContext } from '../../model/kind.ts';
import type { ServiceDefinition } from './unit-text.ts';

/** A Lotus worker refuses to start with fewer open files. Source: docs/spec/lotus.md section 3.4. */
const lotusFloor = 100_000;

/** The fields in which the running process has other limits than its unit and the kernel would give it now. */
export function runningChanges(
  daemon: Daemon,
  { nofile, cpus }: ServiceDefinition,
  origins: Origins,
  context: DiffContext,
): FieldChange[] {
  const process = processOf(daemon, context);
  if (process === undefined) return [];
  const changes: FieldChange[] = [];
  const restart = restartClass(daemon, context);
  const add = (field: string, key: OriginKey, before: string | number, after: string | number) => {
    const origin = origins[key];
    changes.push({
      field,
      before: { show: 'value', value: before },
      after: { show: 'value', value: after },
      class: restart,
      cause: 'drift',
      reason: 'the unit is right, but the running process was started with another value',
      ...(origin === undefined ? {} : { origin }),
    });
  };
  const reachable = Math.min(nofile, context.facts.nofileHard);
  if (process.nofile.soft < reachable) add('nofile', 'ulimits.nofile', process.nofile.soft, reachable);
  // Fewer CPUs than asked for may be all that a container has; others than asked for are not.
  if (cpus !== undefined && process.cpus !== cpus && !isWithin(cpuSet(process.cpus), cpuSet(cpus)))
    add('cpus', 'cpus', process.cpus, cpus);
  return changes;
}

/** Findings on limits the host cannot provide. */
export function processLimitFindings(
  daemon: Daemon,
  { nofile, cpus, gpus, memoryBytes }: ServiceDefinition,
  context: DiffContext,
): Problem[] {
  const { facts } = context;
  const where = { in: 'host', host: daemon.host } as const;
  const findings: Problem[] = [];
  if (facts.nofileHard < nofile) {
    const consequence =
      facts.nofileHard < lotusFloor ? `; a Lotus worker refuses to start below ${lotusFloor}` : '';
    findings.push({
      code: 'nofile-unreachable',
      severity: 'warning',
      summary: `${daemon.serviceName} gets ${facts.nofileHard} open files instead of ${nofile}`,
      where,
      why: `${nofileHardSource(facts.systemd)} allows no more${consequence}`,
      fix: facts.systemd
        ? 'raise fs.nr_open, or in a container the limit its runtime was started with (--ulimit nofile)'
        : 'raise the hard limit of the account (limits.conf, or the container runtime --ulimit nofile), or lower ulimits.nofile',
    });
  }
  if (cpus !== undefined && highestCpu(cpus) >= facts.cpus) {
    const there = existingCpus(cpus, context);
    const missing = [...cpuSet(cpus)].filter((cpu) => !there.has(cpu));
    if (missing.length > 0) {
      findings.push({
        code: 'cpus-missing',
        severity: there.size === 0 ? 'error' : 'warning',
        summary: `${daemon.serviceName} is pinned to ${cpuNames(new Set(missing))}, but the host has only ${cpuNames(hostCpus(facts.cpus))}`,
        where,
        why: `the host has ${facts.cpus} ${facts.cpus === 1 ? 'CPU' : 'CPUs'}`,
        fix: 'change `cpus` of the worker',
      });
    }
  }
  // Parts of a GPU (MIG) are listed nowhere cheap and are believed.
  const missingGpus = (gpus ?? []).filter(
    (gpu) => !gpu.startsWith('MIG-') && !facts.gpus.some((there) => isGpu(gpu, there)),
  );
  if (missingGpus.length > 0) {
    findings.push({
      code: 'gpus-missing',
      severity: 'warning',
      summary: `${daemon.serviceName} is assigned GPU ${missingGpus.join(', ')}, but the host does not list it`,
      where,
      why:
        facts.gpus.length === 0
          ? 'neither the NVIDIA kernel module nor nvidia-smi lists a GPU'
          : `the host has ${facts.gpus.map(({ index, uuid }) => `${index} (${uuid})`).join(', ')}`,
      fix: 'correct `gpus` of the worker, or check the driver: without its GPU the worker computes on CPUs',
    });
  }
  if (memoryBytes !== undefined && daemon.services === 'supervisor') {
    findings.push({
      code: 'memory-not-limited',
      severity: 'warning',
      summary: `the memory limit of ${daemon.serviceName} is not enforced`,
      where,
      why: "sealctl's supervisor has no control groups and cannot limit memory",
      fix: 'limit the container, or use systemd on this host',
    });
  }
  return findings;
}

function nofileHardSource(systemd: boolean): string {
  return systemd ? 'the hard limit of the system manager' : "the account's hard limit";
}

/** By index, by UUID or the beginning of one, as CUDA takes it. */
export function isGpu(wanted: string, there: DiffContext['facts']['gpus'][number]): boolean {
  return /^\d+$/.test(wanted) ? Number(wanted) === there.index : there.uuid.startsWith(wanted);
}

function existingCpus(list: string, { facts }: DiffContext): Set<number> {
  return new Set([...cpuSet(list)].filter((cpu) => cpu < facts.cpus));
}

/** `CPU 0`, or `CPUs 0-3,8`. */
function cpuNames(cpus: ReadonlySet<number>): string {
  return `${cpus.size === 1 ? 'CPU' : 'CPUs'} ${cpuList(cpus)}`;
}

function hostCpus(count: number): Set<number> {
  return new Set(Array.from({ length: count }, (_, cpu) => cpu));
}

function isWithin(some: ReadonlySet<number>, all: ReadonlySet<number>): boolean {
  return [...some].every((cpu) => all.has(cpu));
}
