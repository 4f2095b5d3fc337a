import { describe, expect, it } from 'vitest';
import { workerInfoText } from '../../../../src/daemons/cli/seal-worker/info.ts';

const GiB = 2 ** 30;

describe('seal-worker info', () => {
  it('is laid out as in Lotus, paths by ID', () => {
    const text = workerInfoText({
      version: '0.1.0+git.0123456789',
      apiVersion: 67328,
      session: '7d1f0b52-9c3e-4b16-8f0a-5a9e1c2d3e4f',
      enabled: true,
      info: {
        Hostname: 'seal-a',
        IgnoreResources: false,
        Resources: {
          MemPhysical: 512 * GiB,
          MemUsed: 12 * GiB,
          MemSwap: 64 * GiB,
          MemSwapUsed: 0,
          CPUs: 64,
          GPUs: ['NVIDIA RTX A5000', 'NVIDIA RTX A5000'],
          Resources: null,
        },
      },
      tasks: ['seal/v0/precommit/1', 'seal/v0/fetch', 'seal/v0/finalize'],
      paths: [
        { ID: 'b', Weight: 5, LocalPath: '/mnt/both', CanSeal: true, CanStore: true },
        { ID: 'a', Weight: 10, LocalPath: '/mnt/seal0', CanSeal: true, CanStore: false },
        { ID: 'c', Weight: 1, LocalPath: '/mnt/old', CanSeal: false, CanStore: false },
      ],
    });
    expect(text).toBe(`Worker version:  1.7.0
CLI version: seal-worker version 0.1.0+git.0123456789

Session: 7d1f0b52-9c3e-4b16-8f0a-5a9e1c2d3e4f
Enabled: true
Hostname: seal-a
CPUs: 64; GPUs: [NVIDIA RTX A5000 NVIDIA RTX A5000]
RAM: 12 GiB/512 GiB; Swap: 0 B/64 GiB
Task types: FIN GET PC1 

a:
\tWeight: 10; Use: Seal 
\tLocal: /mnt/seal0
b:
\tWeight: 5; Use: Seal Store
\tLocal: /mnt/both
c:
\tWeight: 1; Use: ReadOnly
\tLocal: /mnt/old
`);
  });
});
