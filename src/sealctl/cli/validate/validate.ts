import { buildCommand } from '@stricli/core';
import { compile } from '../../kinds/compile.ts';
import { hasErrors } from '@sealctl/core/problem/problem';
import { checkReleaseFiles } from '../../spec/check-release-files.ts';
import { filesIn } from '../../spec/file-reader.ts';
import { loadCluster } from '../../spec/load-cluster.ts';
import { exitCodes, type SealctlContext } from '../core/context.ts';
import {
  clusterAliases,
  clusterFlags,
  formatFlag,
  type ClusterFlags,
  type FormatFlag,
} from '../core/flags.ts';
import { problemsText, shortest } from '../core/load.ts';

interface Flags extends ClusterFlags, FormatFlag {}

export const validateCommand = buildCommand<Flags, [], SealctlContext>({
  docs: {
    brief: 'check cluster.yaml without touching any host',
    fullDescription: [
      'Shows every problem at once, each with its place in the file, the reason and the fix. Exits 1 when there is an error.',
      '',
      'EXAMPLES',
      '  sealctl validate',
      '  sealctl validate --file lab/cluster.yaml --format json',
    ].join('\n'),
  },
  parameters: {
    flags: {
      ...clusterFlags,
      ...formatFlag,
    },
    aliases: clusterAliases,
  },
  async func(flags) {
    const { spec, programs, problems } = loadCluster(shortest(this, flags.file), filesIn(this.cwd));
    const all = [...problems, ...(await checkReleaseFiles(programs))];
    if (flags.format === 'json') {
      this.process.stdout.write(
        `${JSON.stringify({ valid: !hasErrors(all), problems: all }, undefined, 2)}\n`,
      );
    } else {
      if (all.length > 0) this.process.stderr.write(problemsText(this, all));
      if (!hasErrors(all) && spec !== undefined)
        this.process.stdout.write(summary(flags.file, compile(spec)));
    }
    if (hasErrors(all)) this.process.exitCode = exitCodes.error;
  },
});

function summary(file: string, resources: ReturnType<typeof compile>): string {
  const things = [...resources.values()].reduce((sum, list) => sum + list.length, 0);
  return `${file} is valid: ${resources.size} hosts, ${things} managed things\n`;
}
