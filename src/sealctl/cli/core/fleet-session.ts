import { applyPlan, type ApplyRequest } from '../../apply/executor/apply-plan.ts';
import type { ApplyResult } from '../../apply/executor/events.ts';
import { openFleet, type Fleet } from '../../apply/fleet.ts';
import { journalDirectory } from '../../apply/journal/journal.ts';
import { compile } from '../../kinds/compile.ts';
import { kinds } from '../../kinds/index.ts';
import type { Resource } from '../../model/kind.ts';
import { observe, type Observation } from '../../observe/observe.ts';
import type { ConnectionsOptions } from '../../observe/ssh-fleet.ts';
import { makePlan, type MadePlan } from '../../plan/make-plan.ts';
import { Redactor } from '@sealctl/core/secret/redact';
import { resolveSecrets } from '@sealctl/core/secret/resolve';
import type { SecretValues } from '@sealctl/core/secret/secret';
import type { Spec } from '../../spec/spec.ts';
import { secretRefsOf } from '../../spec/secret-refs.ts';
import { buildInfo } from '@sealctl/core/version';
import type { ApplyView } from '../apply/apply-view.ts';
import type { Interruption, SealctlContext } from './context.ts';
import { checkHostsMatch, hostFilter, type HostFlags, type PatienceFlags } from './flags.ts';

/** The fleet as one command uses it: connections are opened once, shared by reads and changes, and closed at the end. */
export interface FleetSession {
  readonly spec: Spec;
  readonly resources: ReadonlyMap<string, readonly Resource[]>;
  readonly fleet: Fleet;
  /** Masks every secret the command has read. All output about hosts and daemons passes through it. */
  readonly redact: Redactor['data'];
  /** `withUsage`: also what only a listing shows. */
  readonly observe: (only?: (host: string) => boolean, withUsage?: boolean) => Promise<Observation>;
  readonly plan: (observation: Observation, only?: (host: string) => boolean) => MadePlan;
  /** Aborts every request to a host once the signal fires. */
  readonly breakOffOn: (signal: AbortSignal) => void;
  /** Takes the cluster lock, runs the rollout, records it on both sides, and releases the lock. */
  readonly applyPlan: (
    request: ApplyRequest,
    view: ApplyView,
    interruption: Interruption,
  ) => Promise<ApplyResult>;
}

/** Opens the fleet for one command and always closes it. Rejections have their secrets masked. */
export async function withFleet<Result>(
  context: SealctlContext,
  spec: Spec,
  flags: PatienceFlags,
  use: (session: FleetSession) => Promise<Result>,
): Promise<Result> {
  const secrets = await resolveSecrets(secretRefsOf(spec), { env: context.process.env, cwd: context.cwd });
  const redactor = new Redactor(secrets.values());
  const resources = compile(spec);
  const broken = new AbortController();
  const over = new AbortController();
  const ssh = { ...sshOptions(context, flags), signal: broken.signal };
  const fleet = openFleet(spec, { ssh, clock: context.clock });
  const breakOffOn = (signal: AbortSignal): void => {
    const breakOff = (): void => broken.abort(signal.reason);
    if (signal.aborted) breakOff();
    else signal.addEventListener('abort', breakOff, { once: true, signal: over.signal });
  };
  try {
    return await use({ ...sessionOf(context, spec, resources, fleet, secrets, redactor), breakOffOn });
  } catch (thrown) {
    throw redactor.thrown(thrown);
  } finally {
    over.abort();
    await fleet.close();
  }
}

/** What was read of the hosts that a command is about, and their plan. */
export interface SelectedHosts {
  /** Decides by name which hosts these are; undefined when they are all. */
  readonly only: ((host: string) => boolean) | undefined;
  readonly observation: Observation;
  readonly plan: MadePlan;
}

/** Reads the hosts that the flags select and makes their plan. Rejects when no host matches a pattern. `withUsage`: as `observe` has it. */
export async function planSelected(
  session: FleetSession,
  flags: HostFlags,
  withUsage = false,
): Promise<SelectedHosts> {
  const only = hostFilter(flags.host);
  const observation = await session.observe(only, withUsage);
  checkHostsMatch(flags, session.spec, observation.observed.hosts);
  return { only, observation, plan: session.plan(observation, only) };
}

/** A silent peer has three chances to answer. */
const keepAlivesToLive = 3;

function sshOptions(
  { process, ask }: SealctlContext,
  { timeout, maxConnections }: PatienceFlags,
): ConnectionsOptions {
  return {
    ...(maxConnections === undefined ? {} : { maxConnections: maxConnections }),
    ...(timeout === undefined
      ? {}
      : { connectTimeoutMs: timeout, keepAliveMs: Math.ceil(timeout / keepAlivesToLive) }),
    environment: process.env,
    passphrase: (file) => ask(`Passphrase of ${file}: `, 'hidden'),
    hostKeyAccepted: ({ host, type, fingerprint, file }) => {
      process.stderr.write(`Accepted the new host key of ${host}, ${type} ${fingerprint}, into ${file}\n`);
    },
  };
}

function sessionOf(
  context: SealctlContext,
  spec: Spec,
  resources: ReadonlyMap<string, readonly Resource[]>,
  fleet: Fleet,
  secrets: SecretValues,
  redactor: Redactor,
): Omit<FleetSession, 'breakOffOn'> {
  return {
    spec,
    resources,
    fleet,
    redact: redactor.data,
    observe: async (only, withUsage = false) => {
      const whose = only === undefined ? {} : { only };
      const observation = await observe({ spec, resources, kinds, fleet, secrets, withUsage, ...whose });
      redactor.learn(observation.secrets.values());
      return observation;
    },
    plan: (observation, only) => {
      const made = makePlan({
        spec,
        resources,
        observed: observation.observed,
        secrets: observation.secrets,
        kinds,
        salt: context.randomText(),
        now: context.today(),
        ...(only === undefined ? {} : { only }),
      });
      return { ...made, document: redactor.data(made.document) };
    },
    applyPlan: async (request, view, interruption) => {
      try {
        return await applyPlan(request, {
          spec,
          fleet,
          clock: context.clock,
          today: context.today,
          who: context.operator,
          id: context.randomText(),
          version: buildInfo().version,
          journals: journalDirectory(context.process.env, spec.cluster),
          notify: view.notify,
          notice: (text) => context.process.stderr.write(`${text}\n`),
          redactor,
          ...interruption,
        });
      } finally {
        await view.end();
      }
    },
  };
}
