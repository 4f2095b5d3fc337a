import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fleetOf, oneWorker, textOf } from './planned.ts';

const file = '/etc/systemd/system/sealctl-worker-main.service';

describe('the unit of a worker', () => {
  const hasVerifier = spawnSync('systemd-analyze', ['--version']).status === 0;
  it.runIf(hasVerifier)(
    'is read by systemd without complaint, whatever the label and the arguments hold',
    async () => {
      const label = `it's 100% $HOME "x" \\ `;
      const fleet = await fleetOf(oneWorker({ label, args: ['--a=\n\t', '--b=%n', '--c=${X}'] }));
      const directory = mkdtempSync(join(tmpdir(), 'sealctl-unit-'));
      try {
        const text = textOf(fleet, file).replace(/ExecStart="[^"]*"/, 'ExecStart="/bin/true"');
        writeFileSync(join(directory, 'sealctl-test.service'), text);
        const { stderr } = spawnSync(
          'systemd-analyze',
          ['verify', '--man=no', join(directory, 'sealctl-test.service')],
          {
            encoding: 'utf8',
          },
        );
        expect(stderr.split('\n').filter((line) => line.includes('sealctl-test'))).toEqual([]);
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
  );
});
