import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkHostsMatch, hostFilter } from '../../../src/sealctl/cli/core/flags.ts';
import { specOf, workerOf } from '../spec/loading.ts';

describe('a host pattern', () => {
  it('is about all hosts where there is none', () => {
    expect(hostFilter(undefined)).toBeUndefined();
    expect(hostFilter([])).toBeUndefined();
  });

  it('takes a star for any text, and everything else for itself', () => {
    const filter = hostFilter(['worker-*', 'vault.1']);
    const hosts = ['worker-1', 'worker-22', 'my-worker-1', 'vault.1', 'vault-1', 'vault.11'];
    expect(hosts.filter((host) => filter?.(host))).toEqual(['worker-1', 'worker-22', 'vault.1']);
  });

  it('without a star matches exactly the host of that name, whatever it is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, other) => {
        fc.pre(!name.includes('*') && name !== other);
        expect(hostFilter([name])?.(name)).toBe(true);
        expect(hostFilter([name])?.(other)).toBe(false);
      }),
    );
  });

  it('that no host matches is an error, also beside one that does', () => {
    const spec = specOf(workerOf('limits: {C2: 1}'));
    const found = new Map([['gone-1', {}]]);
    expect(() => checkHostsMatch({ host: ['w', 'gone-*'] }, spec, found)).not.toThrow();
    expect(() => checkHostsMatch({ host: ['w', 'gnoe-*'] }, spec, found)).toThrow('no host matches gnoe-*');
  });
});
