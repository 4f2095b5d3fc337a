import { filesIn } from '../../spec/file-reader.ts';
import { loadCluster } from '../../spec/load-cluster.ts';
import type { SealctlContext } from './context.ts';

/** Names of hosts for the shell; a cluster.yaml that cannot be read proposes nothing. */
export function proposeHosts(context: SealctlContext, partial: string): string[] {
  const { spec } = loadCluster(context.clusterFile ?? 'cluster.yaml', filesIn(context.cwd));
  return (spec?.hosts ?? []).map((host) => host.name).filter((name) => name.startsWith(partial));
}
