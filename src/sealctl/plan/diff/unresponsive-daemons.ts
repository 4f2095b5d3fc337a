import type { Observed, ObservedHost } from '../../model/observed.ts';
import type { Problem } from '@sealctl/core/problem/problem';
import type { DaemonState } from '../order/sequence.ts';
import { daemonName } from '../../model/plan.ts';

/**
 * Daemons whose process lives but who do not answer: what they do cannot be compared with cluster.yaml, and the plan must not pass
 * for a complete one. They are no errors that block their host: restarting the daemon may be just what helps. A worker is not blamed
 * while the miner cannot be asked either, for its token opens the workers.
 */
export function unresponsiveDaemons(
  host: string,
  found: Pick<Extract<ObservedHost, { reachable: true }>, 'workers'>,
  miner: Observed['miner'],
  daemons: () => readonly DaemonState[],
): Problem[] {
  const minerIsUnresponsive = 'unreachable' in miner;
  const workersAreUnresponsive = [...found.workers.values()].some((worker) => 'unreachable' in worker);
  if (!minerIsUnresponsive && !workersAreUnresponsive) return [];
  return daemons().flatMap((state): Problem[] => {
    if (!state.running || !state.wanted) return [];
    const said = state.daemon.role === 'miner' ? miner : found.workers.get(state.daemon.name);
    if (said === undefined || !('unreachable' in said)) return [];
    if (state.daemon.role === 'worker' && minerIsUnresponsive) return [];
    return [unresponsive(host, state, said.unreachable)];
  });
}

function unresponsive(host: string, state: DaemonState, why: string): Problem {
  const { manager, name } = state.service;
  const log = manager === 'systemd' ? `journalctl -u ${name} -n 50` : `the log of ${name}`;
  return {
    code: 'daemon-unresponsive',
    severity: 'warning',
    summary: `${daemonName(state.daemon)} on ${host} runs but does not answer`,
    where: { in: 'host', host },
    why,
    fix: `read ${log} on the host; restart ${name} if it hangs, and plan again`,
  };
}
