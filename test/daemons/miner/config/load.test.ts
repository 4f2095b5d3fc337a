import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../src/daemons/miner/config/load.ts';
import { renderDefaultConfig } from '../../../../src/daemons/miner/config/render.ts';

const load = (text: string, env: Record<string, string> = {}) => loadConfig(text, 'config.toml', env);

describe('the default config.toml', () => {
  it('the default config.toml has every key commented out, so that the defaults apply', () => {
    expect(parse(renderDefaultConfig(true))).toEqual({ API: {}, Storage: {}, Scheduler: {}, LocalChain: {} });
    expect(load(renderDefaultConfig(true))).toEqual(load(''));
  });

  it('the default config.toml without comments sets every key to its default', () => {
    expect(load(renderDefaultConfig(false))).toEqual(load(''));
    expect(parse(renderDefaultConfig(false))).toMatchObject({
      API: { ListenAddress: '/ip4/127.0.0.1/tcp/2345/http', RemoteListenAddress: '127.0.0.1:2345' },
      Storage: { ParallelFetchLimit: 10, AllowAddPiece: true, Assigner: 'utilization', LocalWorkerName: '' },
    });
  });

  it('the default config.toml explains a key as Lotus does', () => {
    expect(renderDefaultConfig(true)).toContain(
      `  # Whether the miner's built-in worker takes PreCommit1 (PC1) tasks itself.
  #
  # type: bool
  # env var: LOTUS_STORAGE_ALLOWPRECOMMIT1
  #AllowPreCommit1 = true
`,
    );
  });
});

describe('loading the configuration', () => {
  it('a variable overrides the file, and the file the default', () => {
    const text = '[Storage]\nAllowCommit = false\nParallelFetchLimit = 3\n';
    const { config } = load(text, { LOTUS_STORAGE_PARALLELFETCHLIMIT: '7', LOTUS_STORAGE_ALLOWUNSEAL: 'F' });
    expect(config.Storage).toMatchObject({
      AllowCommit: false,
      ParallelFetchLimit: 7,
      AllowUnseal: false,
      AllowAddPiece: true,
    });
  });

  it('every wrong value of a configuration is reported at once', () => {
    const text = '[Storage]\nAllowCommit = "no"\nAssigner = "best"\n[API]\nTimeout = "soon"\n';
    expect(() => load(text, { LOTUS_STORAGE_ALLOWUNSEAL: '' })).toThrow(
      [
        "config.toml: API.Timeout: 'soon' is not a duration; write it like 30s, 5m or 1h30m",
        'config.toml: Storage.AllowCommit: must be true or false',
        "environment variable LOTUS_STORAGE_ALLOWUNSEAL: '' is not true or false",
        "config.toml: Storage.Assigner: 'best' is not one of utilization,",
      ].join('\n'),
    );
  });

  it('a configuration that is not TOML is reported with its line', () => {
    expect(() => load('[API\n')).toThrow('config.toml:1:');
  });

  it('other sections of a Lotus configuration are accepted, and unknown keys are warned of', () => {
    const text = '[Sealing]\nFinalizeEarly = true\n[Storage]\nAllowCommitt = true\n[Nonsense]\n';
    expect(load(text).warnings).toEqual([
      'config.toml: section [Sealing] is not used by this miner',
      'config.toml: Storage.AllowCommitt is unknown',
      'config.toml: section [Nonsense] is unknown',
    ]);
  });
});
