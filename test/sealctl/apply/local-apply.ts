import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  applyPlan,
  type ApplyContext,
  type ApplyRequest,
} from '../../../src/sealctl/apply/executor/apply-plan.ts';
import type { ApplyEvent } from '../../../src/sealctl/apply/executor/events.ts';
import type { HostExecutor, StepContext } from '../../../src/sealctl/apply/executor/ports.ts';
import type { Fleet, PortOptions } from '../../../src/sealctl/apply/fleet.ts';
import { Redactor } from '../../../src/core/secret/redact.ts';
import type { Inventory } from '../../../src/sealctl/host/probe/facts.ts';
import { layoutOf } from '../../../src/sealctl/host/layout.ts';
import type { Operation } from '../../../src/sealctl/host/operations/operation.ts';
import type { HostConnection } from '../../../src/sealctl/ssh/connection.ts';
import type { Spec } from '../../../src/sealctl/spec/spec.ts';
import { shell } from '../host/real-host.ts';
import { clusterSpec, hostSpec, minerSpec } from '../model/spec.ts';
import { policy, rolloutOf, scriptedPort, work } from './scripted-hosts.ts';

/** Where the lock and the journals of an apply lie on this machine, and the cluster that it is for. */
export interface Place {
  readonly directory: string;
  readonly journals: string;
  readonly lockFile: string;
  readonly spec: Spec;
}

/** A place of its own for a test, whose directory must be removed afterwards. */
export function newPlace(): Place {
  const directory = mkdtempSync(join(tmpdir(), 'apply-plan-'));
  const root = join(directory, 'miner');
  const hosts = [hostSpec('a', []), hostSpec('miner-1', [], { services: 'supervisor', root })];
  const { rollout } = clusterSpec(hosts);
  return {
    directory,
    journals: join(directory, 'journals'),
    lockFile: layoutOf({ services: 'supervisor', root }).lock,
    spec: clusterSpec(hosts, { miner: minerSpec('miner-1'), rollout: { ...rollout, pauseMs: 7 } }),
  };
}

const inventory: Inventory = { revision: 'old', hosts: [] };
/** When every apply begins. */
export const when = '2026-11-02T08:00:00.000Z';
/** A secret of the cluster, which steps tell and fail with. */
export const secret = 'correct-horse-battery';

/** What differs from an apply to `a` and `b`, one after the other, that succeeds. */
export interface ApplySetting {
  readonly request?: Partial<ApplyRequest>;
  readonly id?: string;
  readonly fails?: (host: string, call: string) => boolean;
  readonly run?: (host: string, controls: Controls) => Promise<void>;
  readonly probe?: () => Promise<{ readonly inventory: Inventory }>;
}

/** What a step can do to the apply that it is a part of. */
export interface Controls {
  readonly options: PortOptions;
  readonly stop: AbortController;
  /** Lets the time until the next renewal of the lock pass. */
  readonly beat: () => void;
}

/** Applies with the real lock and journal, to scripted hosts. */
export async function applyAt({ spec, journals }: Place, setting: ApplySetting = {}) {
  const log: string[] = [];
  const events: ApplyEvent[] = [];
  const notices: string[] = [];
  const written: { readonly operation: Operation; readonly context: StepContext }[] = [];
  const stop = new AbortController();
  const abort = new AbortController();
  const seen: PortOptions[] = [];
  let beat = (): void => undefined;
  const clock: ApplyContext['clock'] = {
    now: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (ms === 10_000) beat = resolve;
        signal.addEventListener('abort', () => reject(new Error('broken off')));
      }),
  };
  const connection = {
    exec: ({ argv, stdin }: { readonly argv: readonly string[]; readonly stdin?: string }) =>
      shell(argv, stdin ?? ''),
  } as unknown as HostConnection;
  const fleet: Fleet = {
    connection: ({ name }) => {
      expect(name).toBe('miner-1');
      return Promise.resolve(connection);
    },
    reader: () =>
      Promise.resolve({ probe: setting.probe ?? (() => Promise.resolve({ inventory })) } as never),
    rolloutPorts: (options) => {
      seen.push(options);
      const port = (name: string): HostExecutor => ({
        ...scriptedPort(name, log, setting.fails ?? (() => false)),
        run: async (operation, context) => {
          if (operation.do === 'write-inventory') return void written.push({ operation, context });
          log.push(`${name} run`);
          await setting.run?.(name, { options, stop, beat: () => beat() });
          context.progress(`${name} uses ${secret}`);
          if (setting.fails?.(name, 'run') === true) throw new Error(`${secret} is wrong`);
        },
      });
      return {
        host: (name) => Promise.resolve(port(name)),
        workers: () => Promise.resolve([]),
        now: () => 0,
        pause: (ms) => Promise.resolve(void log.push(`pause ${ms}`)),
        notify: options.notify,
        stopping: options.stopping,
        aborting: options.aborting,
      };
    },
    close: () => Promise.resolve(),
  };
  const result = await applyPlan(
    {
      operation: 'apply',
      steps: new Map(['a', 'b'].map((host) => [host, [work]])),
      rollout: rolloutOf(['a', 'b']),
      policy: { ...policy, maxUnavailable: 1 },
      serving: {},
      observation: { observed: {}, secrets: new Map() } as never,
      breakLock: false,
      revision: 'new',
      ...setting.request,
    },
    {
      spec,
      fleet,
      clock,
      today: () => new Date(when),
      who: 'ana@desk',
      id: setting.id ?? 'first',
      journals,
      version: '1.2.3',
      notify: (event) => events.push(event),
      notice: (text) => notices.push(text),
      redactor: new Redactor([secret]),
      stopping: stop.signal,
      aborting: abort.signal,
    },
  );
  return { result, log, events, notices, written, options: seen[0], abort };
}
