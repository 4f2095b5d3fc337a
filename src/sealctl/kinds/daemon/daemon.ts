import { probeKey, type ProcessFact, type ServiceFact, type ServiceManager } from '../../host/probe/facts.ts';
import type { HostLayout } from '../../host/layout.ts';
import type { HostSpec, MinerSpec, WorkerSpec } from '../../spec/spec.ts';
import type { ChangeClass } from '../../model/field-change.ts';
import type { DaemonRef, DiffContext } from '../../model/kind.ts';

/** A daemon and the places on its host that several kinds share: one name and one path for each thing. */
export interface Daemon {
  readonly host: string;
  readonly ref: DaemonRef;
  /** `HOST/worker/NAME` or `HOST/miner`: what its resources' ids begin with. */
  readonly id: string;
  readonly services: ServiceManager;
  /** The name of the systemd unit, without `.service`, and of the supervisor's directory. */
  readonly serviceName: string;
  readonly layout: HostLayout;
  /** Symbolic link to the program of the release it runs. */
  readonly programLink: string;
  readonly environmentFile: string;
  /** The systemd unit, or the file the supervisor reads. */
  readonly unitFile: string;
  readonly repo: string;
  /** The account its process runs as; absent means the one sealctl itself has on the host. */
  readonly runAs?: string;
}

/** The worker as a daemon of its host. */
export function workerDaemon(host: HostSpec, layout: HostLayout, worker: WorkerSpec): Daemon {
  return daemon(host, layout, { role: 'worker', name: worker.name }, worker);
}

/** The miner as a daemon of its host. */
export function minerDaemon(host: HostSpec, layout: HostLayout, miner: MinerSpec): Daemon {
  return daemon(host, layout, { role: 'miner' }, miner);
}

/** The impact of changing something the process reads only when it starts: `live` while it does not run. */
export function restartClass(daemon: Daemon, context: DiffContext): ChangeClass {
  if (processOf(daemon, context) === undefined) return 'live';
  return daemon.ref.role === 'miner' ? 'miner-restart' : 'restart';
}

/** The daemon's service as the probe found it; absent when the manager was not asked or did not answer. */
export function serviceFact(daemon: Daemon, { facts }: Pick<DiffContext, 'facts'>): ServiceFact | undefined {
  return facts.services.get(probeKey(serviceRequest(daemon)));
}

/** The daemon's running process, if it has one. */
export function processOf(daemon: Daemon, context: Pick<DiffContext, 'facts'>): ProcessFact | undefined {
  return serviceFact(daemon, context)?.process;
}

/** The question for the daemon's service. */
export function serviceRequest({ services, serviceName }: Daemon) {
  return { ask: 'service', manager: services, name: serviceName } as const;
}

function daemon(
  host: HostSpec,
  layout: HostLayout,
  ref: DaemonRef,
  of: { readonly repo: string; readonly unit?: string; readonly runAs?: string },
): Daemon {
  const shortName = ref.role === 'miner' ? 'miner' : `worker-${ref.name}`;
  const serviceName = of.unit?.replace(/\.service$/, '') ?? `sealctl-${shortName}`;
  return {
    host: host.name,
    ref,
    id: ref.role === 'miner' ? `${host.name}/miner` : `${host.name}/worker/${ref.name}`,
    services: host.services,
    serviceName,
    layout,
    programLink: `${layout.releases}/current/${shortName}`,
    environmentFile: `${layout.environment}/${shortName}.env`,
    unitFile:
      host.services === 'systemd'
        ? `${layout.services}/${serviceName}.service`
        : `${layout.services}/${serviceName}/run`,
    repo: of.repo,
    ...(of.runAs === undefined ? {} : { runAs: of.runAs }),
  };
}
