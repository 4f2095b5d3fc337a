import { buildCommand } from '@stricli/core';
import { exitCodes, type SealctlContext } from '../core/context.ts';
import { fleetStatus } from '../../status/fleet-status.ts';
import { planSelected, withFleet } from '../core/fleet-session.ts';
import { clusterAliases, fleetFlags, formatFlag, type FleetFlags, type FormatFlag } from '../core/flags.ts';
import { loadForCommand } from '../core/load.ts';
import { statusText } from './status-text.ts';

interface Flags extends FleetFlags, FormatFlag {}

export const statusCommand = buildCommand<Flags, [], SealctlContext>({
  docs: {
    brief: 'show workers, their tasks and limits, machines and storage, drift and holds',
    fullDescription: [
      'Reads only. PC1(1/4) is one task of at most four. Exits 1 when a host or worker is not as it should be: down, unresponsive, or drifted.',
      '',
      'EXAMPLES',
      '  sealctl status',
      "  sealctl status --host 'prover-*' --format json",
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...fleetFlags,
      ...formatFlag,
    },
    aliases: clusterAliases,
  },
  async func(flags) {
    const { spec } = loadForCommand(this, flags.file);
    const status = await withFleet(this, spec, flags, async (session) => {
      const { only, observation, plan } = await planSelected(session, flags, true);
      const hosts = spec.hosts.filter((host) => only?.(host.name) ?? true);
      const { resources } = session;
      const now = this.today().getTime();
      return session.redact(fleetStatus({ spec, hosts, resources, observation, plan, now }));
    });
    const { columns: width, color } = this.terminal;
    this.process.stdout.write(
      flags.format === 'json'
        ? `${JSON.stringify(status, undefined, 2)}\n`
        : statusText(status, { width, color }),
    );
    const well =
      status.miner.answers &&
      status.findings.length === 0 &&
      status.hosts.every((host) => host.well) &&
      status.workers.every(({ state }) => ['up', 'held', 'draining'].includes(state));
    this.process.exitCode = well ? exitCodes.ok : exitCodes.error;
  },
});
