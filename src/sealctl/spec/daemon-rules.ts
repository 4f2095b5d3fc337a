import type { Loading } from './loading.ts';
import type { Finding } from './report.ts';
import type { HostSpec, Origins, WorkerSpec, OriginKey } from './spec.ts';

/** Lotus's own bound: docs/spec/lotus.md section 3.4. */
const minNofile = 100_000;
/** The variable that lowers the bound of seal-worker for tests; lotus-worker does not read it. */
const minNofileVariable = 'SEAL_WORKER_MIN_NOFILE';

/** Task types for which a worker needs a sealing path of its own. */
const sealingTasks = ['AP', 'PC1', 'RU'] as const;

/** Reports settings with which a host's daemons could not run. */
export function checkDaemons(loading: Loading, host: HostSpec): void {
  const add = (finding: Omit<Finding, 'range'>, origins: Origins, key: OriginKey): void => {
    const range = origins[key]?.range ?? loading.marks.keyRange(loading.draft.hosts ?? {}, host.name);
    loading.report.add({ ...finding, range });
  };
  const { become, user } = host.ssh;
  if (host.services === 'systemd' && become === 'none' && user !== undefined && user !== 'root') {
    add(
      {
        code: 'needs-root',
        summary: `${user} has no rights to change the systemd host "${host.name}"`,
        why: 'only root can write the units, limits and releases of a systemd host',
        fix: 'write "become: sudo", or "services: supervisor" with a "root:" directory for a host without root',
      },
      host.origins,
      'ssh.become',
    );
  }
  if (host.services === 'systemd' && host.origins['root']?.layer === 'host') {
    add(
      {
        code: 'root-without-supervisor',
        summary: `the host "${host.name}" has a root directory that nothing uses`,
        why: 'with systemd all files have their usual paths; "root" is for "services: supervisor"',
        fix: 'take "root" out, or write "services: supervisor"',
      },
      host.origins,
      'root',
    );
  }
  for (const worker of host.workers) checkWorker(host, worker, add);
}

function checkWorker(
  host: HostSpec,
  worker: WorkerSpec,
  add: (finding: Omit<Finding, 'range'>, origins: Origins, key: OriginKey) => void,
): void {
  const { origins } = worker;
  const title = `the worker ${host.name}/${worker.name}`;
  const lowered = worker.env[minNofileVariable];
  const min = typeof lowered === 'string' && /^\d+$/.test(lowered) ? Number(lowered) : minNofile;
  if (worker.ulimits.nofile < min) {
    add(
      {
        code: 'nofile-too-low',
        summary: `${title} would not start with ${worker.ulimits.nofile} open files`,
        why: `a worker refuses to run below ${min}`,
        fix: `raise ulimits.nofile to ${min} or more; 1048576 is usual`,
      },
      origins,
      'ulimits.nofile',
    );
  }
  if (worker.listen.host === '::') {
    add(
      {
        code: 'listen-anywhere',
        summary: `the miner could not reach ${title} at [::]`,
        why: 'Lotus replaces only 0.0.0.0 by its address and registers any other address unchanged',
        fix: 'listen on an address of the host, or on 0.0.0.0',
      },
      origins,
      'listen',
    );
  }
  if (host.services === 'supervisor' && worker.unit !== undefined) {
    add(
      {
        code: 'unit-without-systemd',
        summary: `${title} names a systemd service on a host without systemd`,
        fix: 'take "unit" out, or write "services: systemd"',
      },
      origins,
      'unit',
    );
  }
  const { become, user } = host.ssh;
  if (become === 'none' && worker.runAs !== undefined && user !== 'root' && user !== worker.runAs) {
    add(
      {
        code: 'cannot-switch-account',
        summary: `${title} cannot run as ${worker.runAs}`,
        why: `sealctl has no root on the host "${host.name}", so everything runs as its login user`,
        fix: 'take "runAs" out, or write "become: sudo"',
      },
      origins,
      'runAs',
    );
  }
  const stranded = sealingTasks.filter((task) => worker.tasks.includes(task));
  if (stranded.length > 0 && !worker.storage.some((storage) => storage.canSeal)) {
    add(
      {
        code: 'tasks-without-storage',
        severity: 'warning',
        summary: `${title} offers ${stranded.join(', ')} but has no sealing path`,
        why: 'the miner gives these tasks only to workers with a path to put the sector in',
        fix: 'add a storage path with "use: seal"',
      },
      origins,
      'tasks',
    );
  }
}
