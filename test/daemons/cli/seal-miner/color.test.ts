import { expect, it } from 'vitest';
import { sealMiner } from '../../../../src/daemons/cli/seal-miner/application.ts';
import { rootCommand } from '../../../../src/daemons/lotus-cli/app.ts';
import { helpOf } from '../../../../src/daemons/lotus-cli/help.ts';

it('seal-miner --help shows the default of --color once, in the words of lotus-miner', () => {
  const lines = helpOf(rootCommand(sealMiner), []).split('\n');
  expect(lines.filter((line) => line.includes('--color')).map((line) => line.trim())).toEqual([
    expect.stringMatching(
      /^--color +use color in display output \(default: depends on output being a TTY\)$/,
    ),
  ]);
});
