import { describe, expect, it } from 'vitest';
import type { HostSpec } from '../../../src/sealctl/spec/spec.ts';
import { clusterOf, specOf, told } from './loading.ts';

function hosts(text: string): ReadonlyMap<string, HostSpec> {
  return new Map(specOf(clusterOf(text)).hosts.map((host) => [host.name, host]));
}

describe('the rotation of logs in cluster.yaml', () => {
  it('is merged entry by entry, and each entry has the place it came from', () => {
    const host = hosts(`
defaults: {release: r1, logs: {maxSize: 128MiB}}
hosts: {m: {}, w: {release: r1, tasks: [C2], logs: {keep: 7}}}
`).get('w');
    expect(host?.logs).toEqual({ maxSizeBytes: 128 * 2 ** 20, keep: 7 });
    const { layer, path } = host?.origins['logs.maxSize'] ?? {};
    expect([layer, path]).toEqual(['defaults', 'defaults.logs.maxSize']);
    expect(host?.origins['logs.keep']).toMatchObject({ layer: 'host', path: 'hosts.w.logs.keep' });
  });

  it('has built-in values for the entries that no layer states', () => {
    const host = hosts('hosts: {m: {logs: {}}, w: {release: r1, tasks: [C2], logs: {keep: 2}}}\n').get('w');
    expect(host?.logs).toEqual({ maxSizeBytes: 64 * 2 ** 20, keep: 2 });
    expect(host?.origins['logs.maxSize']).toEqual({ layer: 'built-in', path: 'defaults.logs.maxSize' });
  });

  it('is absent where no layer has it', () => {
    expect(hosts('hosts: {m: {}, w: {release: r1, tasks: [C2]}}\n').get('w')?.logs).toBeUndefined();
  });

  it('is refused below a mebibyte, without a rotated file, and with a misspelled key', () => {
    const logs = (text: string) =>
      told(clusterOf(`hosts:\n  m: {}\n  w: {release: r1, tasks: [C2], logs: {${text}}}\n`));
    expect(logs('maxSize: 1MiB, keep: 1')).toEqual([]);
    expect(logs('maxSize: 1023KiB')).toEqual(['error bad-value 10:49']);
    expect(logs('keep: 0')).toEqual(['error bad-value 10:46']);
    expect(logs('maxsize: 1MiB')).toEqual(['error unknown-key 10:40']);
  });
});
