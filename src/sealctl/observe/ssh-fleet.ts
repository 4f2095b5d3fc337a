import { probeScript } from '../host/probe/probe-script.ts';
import { parseProbeAnswers } from '../host/probe/probe-answers.ts';
import { layoutOf } from '../host/layout.ts';
import type { HostFacts, ProbeRequest } from '../host/probe/facts.ts';
import { fail } from '@sealctl/core/problem/problem';
import { lastLines } from '@sealctl/core/secret/last-lines';
import type { HostConnection } from '../ssh/connection.ts';
import { connect } from '../ssh/connect.ts';
import { makeLimit } from '@sealctl/core/async/limit';
import type { SshOptions } from '../ssh/target.ts';
import type { FleetHost, FleetReader } from './fleet.ts';

/** Every connection of one command. */
export interface Connections extends FleetReader {
  readonly connection: (host: FleetHost) => Promise<HostConnection>;
  readonly close: () => Promise<void>;
}

/** Beyond this, usually only latency grows, and bastions begin to refuse. */
const defaultMaxConnections = 50;
/** A probe reads small files and /proc: a host that takes longer than this hangs. */
const probeTimeoutMs = 30_000;
const forwardTimeoutMs = 10_000;
/** The part of a failed probe's standard error that is shown. */
const shown = { lines: 3, characters: 2000 };

export interface ConnectionsOptions extends SshOptions {
  /** Hosts that are being connected to at the same time. Default 50. */
  readonly maxConnections?: number;
}

/** Opens hosts as they are asked for, each once, and closes them all at the end. */
export function openConnections(options: ConnectionsOptions): Connections {
  const opened = new Map<string, Promise<HostConnection>>();
  const places = makeLimit(options.maxConnections ?? defaultMaxConnections);
  let closed = false;
  const connection = (host: FleetHost): Promise<HostConnection> => {
    // One that was opened now would never be closed and would keep the command from ending.
    if (closed) return Promise.reject(new Error(`${host.name} is asked for after the command's end`));
    const already = opened.get(host.name);
    if (already !== undefined) return already;
    const opening = places(() => connect({ name: host.name, address: host.address, ssh: host.ssh }, options));
    opening.then(
      // A lost connection is opened again at the next request.
      (open) => open.ended.addEventListener('abort', () => opened.delete(host.name)),
      () => opened.delete(host.name),
    );
    opened.set(host.name, opening);
    return opening;
  };
  return {
    connection,
    reader: async (host) => {
      const open = await connection(host);
      return {
        probe: (requests) => probe(open, host, requests),
        forward: async (to) => (await connection(host)).forward({ ...to, timeoutMs: forwardTimeoutMs }),
      };
    },
    close: async () => {
      closed = true;
      const all = await Promise.allSettled(opened.values());
      await Promise.all(
        all.flatMap((result) => (result.status === 'fulfilled' ? [result.value.close()] : [])),
      );
    },
  };
}

async function probe(
  connection: HostConnection,
  host: FleetHost,
  requests: readonly ProbeRequest[],
): Promise<HostFacts> {
  const result = await connection.exec({
    argv: ['sh', '-s'],
    stdin: probeScript(requests, layoutOf(host)),
    timeoutMs: probeTimeoutMs,
    step: 'probe',
  });
  const answers = parseProbeAnswers(result.stdout);
  if (answers.facts !== undefined) return answers.facts;
  throw fail({
    code: 'probe-failed',
    summary: `the probe of ${host.name} gave an unreadable answer`,
    where: { in: 'host', host: host.name },
    why: [`the probe ended with ${result.status}`, answers.problem, lastLines(result.stderr, shown).join(' ')]
      .filter((text) => text !== '')
      .join('; '),
    fix: 'the login shell must run POSIX sh and print no text of its own; try: ssh HOST sh -c true',
  });
}
