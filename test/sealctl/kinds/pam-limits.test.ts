import { describe, expect, it } from 'vitest';
import { hostSpec, clusterSpec, workerSpec } from '../model/spec.ts';
import { fleetOf, found, oneWorker, planned, steps, textOf } from './planned.ts';

const file = '/etc/security/limits.d/90-sealctl.conf';

describe('the limits of logins', () => {
  it('name every account a daemon of the host runs as, once', async () => {
    const spec = clusterSpec([
      hostSpec('miner-1', []),
      hostSpec('worker-1', [
        workerSpec('worker-1', 'one', { runAs: 'sealer' }),
        workerSpec('worker-1', 'two', { runAs: 'sealer' }),
        workerSpec('worker-1', 'three'),
      ]),
    ]);
    const lines = textOf(await fleetOf(spec), file)
      .split('\n')
      .slice(1);
    expect(lines).toEqual(['sealer - nofile 1048576', 'root - nofile 1048576', '']);
  });

  it('change without disturbing anything', async () => {
    const fleet = await fleetOf(oneWorker());
    const plan = fleet.plan(oneWorker({}, { ulimits: { nofile: 300_000 } }));
    expect(planned(plan)).toEqual([
      'limits nofile: ["root - nofile 1048576"] -> ["root - nofile 300000"] (live, change)',
    ]);
    expect(steps(plan)).toEqual([`write ${file}`]);
  });

  it('are fixed when somebody edits them, and not taken over from somebody else', async () => {
    const fleet = await fleetOf(oneWorker());
    fleet.host('worker-1').edit(file, 'root - nofile 5\n');
    expect(planned(fleet.plan(oneWorker()))).toEqual([
      'limits nofile: ["root - nofile 5"] -> ["root - nofile 1048576"] (live, drift)',
    ]);
    fleet.host('worker-1').manifest = [];
    expect(found(fleet.plan(oneWorker()))).toEqual(['error foreign-file']);
  });

  it('are not kept on a host without systemd, where no daemon logs in', async () => {
    const fleet = await fleetOf(oneWorker({}, { services: 'supervisor', root: '/srv/sealctl' }));
    expect([...fleet.host('worker-1').files.keys()].filter((path) => path.startsWith('/etc'))).toEqual([]);
  });
});
