import { describe, expect, it } from 'vitest';
import { ownCpus } from '../../../../src/daemons/base/machine/own-cpus.ts';

const machine =
  (allowed: string, online: string) =>
  (file: string): Promise<string> =>
    Promise.resolve(
      file.endsWith('online')
        ? `${online}\n`
        : `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${allowed}\n`,
    );

describe('the CPUs that a process has for itself', () => {
  it('are those its affinity leaves', async () => {
    expect(await ownCpus(machine('0-2,8', '0-15'))).toEqual([0, 1, 2, 8]);
  });

  it('are none where it may use all that are online', async () => {
    expect(await ownCpus(machine('0-7', '0-3'))).toEqual([]);
  });

  it('can be read of this process', async () => {
    expect(Array.isArray(await ownCpus())).toBe(true);
  });
});
