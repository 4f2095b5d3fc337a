import type { ProbeRequest } from '../../../src/sealctl/host/probe/facts.ts';
import { layoutOf } from '../../../src/sealctl/host/layout.ts';
import { compile } from '../../../src/sealctl/kinds/compile.ts';
import { kinds } from '../../../src/sealctl/kinds/index.ts';
import type {
  IndexedPath,
  Observed,
  ObservedHost,
  ListedWorker,
} from '../../../src/sealctl/model/observed.ts';
import { requestsOf } from '../../../src/sealctl/observe/requests.ts';
import type { WorkerStats } from '../../../src/core/lotus/rpc-values.ts';
import { makePlan, type MadePlan } from '../../../src/sealctl/plan/make-plan.ts';
import type { ExecutableStep } from '../../../src/sealctl/model/plan.ts';
import { secretKey, type SecretValues } from '../../../src/core/secret/secret.ts';
import type { Spec } from '../../../src/sealctl/spec/spec.ts';
import type { ModelDaemon } from './daemon.ts';
import { ModelHost } from './host.ts';

/** The token a model miner has. */
export const modelToken = 'model-token';

/** Model hosts, observed, planned and applied without a network. A host comes into being when a spec first names it. */
export class ModelFleet {
  readonly hosts = new Map<string, ModelHost>();
  /** Values of secrets beside the miner's token, by `secretKey`. */
  readonly otherSecrets = new Map<string, string>();
  #spec: Spec | undefined;

  /** The host of this name. */
  host(name: string): ModelHost {
    const host = this.hosts.get(name);
    if (host === undefined) throw new RangeError(`no host is called ${name}`);
    return host;
  }

  plan(spec: Spec, only?: (host: string) => boolean): MadePlan {
    this.#meet(spec);
    this.#spec = spec;
    return makePlan({
      spec,
      resources: compile(spec),
      observed: this.observe(spec),
      secrets: this.secrets(),
      kinds,
      salt: 'salt',
      now: new Date(0),
      ...(only === undefined ? {} : { only }),
    });
  }

  /** Carries out the steps, host by host in the order of the waves; `limit` of them at most. Returns how many were carried out. */
  async apply(plan: MadePlan, limit = Number.POSITIVE_INFINITY): Promise<number> {
    let done = 0;
    const order = [...new Set([...plan.document.waves.flat(), ...plan.steps.keys()])];
    for (const name of order) {
      for (const step of plan.steps.get(name) ?? []) {
        if (done >= limit) return done;
        await this.#step(name, step);
        done += 1;
      }
    }
    return done;
  }

  /** The token is known as soon as the miner has been initialized. */
  secrets(): SecretValues {
    const spec = this.#spec;
    if (spec === undefined) return this.otherSecrets;
    const { miner } = spec;
    const initialized = this.hosts.get(miner.host)?.files.has(`${miner.repo}/keystore`) === true;
    const known = miner.token.from !== 'miner-token' || !miner.managed || initialized;
    return new Map([...this.otherSecrets, ...(known ? [[secretKey(miner.token), modelToken] as const] : [])]);
  }

  observe(spec: Spec): Observed {
    this.#meet(spec);
    const resources = compile(spec);
    const hosts = new Map(
      [...this.hosts].map(([name, host]): [string, ObservedHost] => {
        const requests: readonly ProbeRequest[] = requestsOf(name, spec, resources.get(name) ?? [], kinds);
        const workers = spec.hosts.find((candidate) => candidate.name === name)?.workers ?? [];
        return [
          name,
          {
            reachable: true,
            facts: host.probe(requests),
            workers: new Map(
              workers.map((worker) => [
                worker.name,
                this.#daemon(name, worker.name)?.observed() ?? { unreachable: 'connection refused' },
              ]),
            ),
          },
        ];
      }),
    );
    return { hosts, miner: this.#observeMiner(spec) };
  }

  #observeMiner(spec: Spec): Observed['miner'] {
    const miner = this.hosts.get(spec.miner.host)?.daemons.get('sealctl-miner');
    if (spec.miner.managed && miner?.process === undefined) return { unreachable: 'connection refused' };
    const workers = new Map<string, ListedWorker>();
    const paths = new Map<string, IndexedPath>();
    for (const host of this.hosts.values()) {
      for (const daemon of host.daemons.values()) {
        const seen = daemon.observed();
        if ('unreachable' in seen || daemon === miner) continue;
        const { session, label, tasks } = seen;
        workers.set(session, { session, label, enabled: true, tasks, jobs: [], stats: noStats });
        for (const path of daemon.declared()) paths.set(path.id, path);
      }
    }
    return { session: 'miner', actor: spec.actor, workers, paths };
  }

  #meet(spec: Spec): void {
    for (const host of spec.hosts) {
      if (this.hosts.has(host.name)) continue;
      const layout = layoutOf(host);
      const model = new ModelHost(host.name, layout, host.services === 'systemd', () => this.secrets());
      this.hosts.set(host.name, model);
    }
  }

  /** By the name its service has or, when cluster.yaml no longer knows the worker, had. */
  #daemon(hostName: string, workerName: string): ModelDaemon | undefined {
    const unit = this.#spec?.hosts
      .find(({ name }) => name === hostName)
      ?.workers.find(({ name }) => name === workerName)?.unit;
    const service = unit?.replace(/\.service$/, '') ?? `sealctl-worker-${workerName}`;
    return this.host(hostName).daemons.get(service);
  }

  async #step(name: string, step: ExecutableStep): Promise<void> {
    const host = this.host(name);
    if (step.on === 'host') return host.run(step.operation);
    const { daemon } = step;
    if (daemon === undefined || daemon.role === 'miner') return;
    const found = this.#daemon(name, daemon.name);
    if (found === undefined) throw new Error(`${daemon.name}: connection refused`);
    found.tell(step.operation);
  }
}

const noStats: WorkerStats = {
  Info: {
    Hostname: '',
    IgnoreResources: false,
    Resources: {
      MemPhysical: 0,
      MemUsed: 0,
      MemSwap: 0,
      MemSwapUsed: 0,
      CPUs: 0,
      GPUs: null,
      Resources: null,
    },
  },
  Tasks: null,
  Enabled: true,
  MemUsedMin: 0,
  MemUsedMax: 0,
  GpuUsed: 0,
  CpuUse: 0,
  TaskCounts: null,
};
