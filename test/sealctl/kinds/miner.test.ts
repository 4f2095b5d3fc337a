import * as fc from 'fast-check';
import { parse, stringify } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { times } from '../../projects/times.ts';
import { ModelFleet } from '../model/fleet.ts';
import type { MinerSpec, Spec } from '../../../src/sealctl/spec/spec.ts';
import { clusterSpec, hostSpec, minerSpec } from '../model/spec.ts';
import { fleetOf, found, planned, steps, textOf } from './planned.ts';

const file = '/var/lib/sealctl/repos/miner/config.toml';
const miner = (changes: Partial<MinerSpec> = {}): Spec =>
  clusterSpec([hostSpec('miner-1', [])], { miner: minerSpec('miner-1', changes) });

/** As `lotus-miner config default` writes it: every key a comment. */
const generated = `# Default config:
[API]
  # Binding address for the Lotus API
  #
  # type: string
  # env var: LOTUS_API_LISTENADDRESS
  #ListenAddress = "/ip4/127.0.0.1/tcp/2345/http"

  # type: string
  #RemoteListenAddress = "127.0.0.1:2345"

  Timeout = "45s" # ours

[Storage]
  # type: int
  ParallelFetchLimit = 20

  #AllowAddPiece = true
  AllowCommit = true   # the big machine

[Fees]
  [Fees.MaxPreCommitBatchGasFee]
    #Base = "0 FIL"
    PerSector = "0.02 FIL"
`;

describe("the miner's configuration", () => {
  it('is written before the miner is initialized, with every switch off when all is delegated', async () => {
    const config = parse(textOf(await fleetOf(miner()), file, 'miner-1'));
    expect(config).toEqual({
      API: { ListenAddress: '/ip4/10.0.0.2/tcp/2345/http', RemoteListenAddress: '10.0.0.2:2345' },
      Storage: {
        AllowSectorDownload: false,
        AllowAddPiece: false,
        AllowPreCommit1: false,
        AllowPreCommit2: false,
        AllowCommit: false,
        AllowUnseal: false,
        AllowReplicaUpdate: false,
        AllowProveReplicaUpdate2: false,
        AllowRegenSectorKey: false,
      },
    });
  });

  it('keeps comments, order and every other key of a generated file', async () => {
    const fleet = await fleetOf(miner());
    fleet.host('miner-1').edit(file, generated);
    const plan = fleet.plan(miner());
    expect(planned(plan)).toContain('miner-config Storage.AllowCommit: true -> false (miner-restart, drift)');
    await fleet.apply(plan);
    const after = textOf(fleet, file, 'miner-1');
    const kept = generated.split('\n').filter((line) => line.trim() !== '' && !line.includes('AllowCommit'));
    for (const line of kept) expect(after).toContain(line);
    expect(after).toContain('# the big machine');
    expect(parse(after)).toMatchObject({
      API: { ListenAddress: '/ip4/10.0.0.2/tcp/2345/http', Timeout: '45s' },
      Storage: { ParallelFetchLimit: 20, AllowCommit: false },
      Fees: { MaxPreCommitBatchGasFee: { PerSector: '0.02 FIL' } },
    });
    expect(planned(fleet.plan(miner()))).toEqual([]);
  });

  it('changes only what cluster.yaml changes, by a restart of the miner that names it', async () => {
    const fleet = await fleetOf(miner());
    const plan = fleet.plan(miner({ tasks: ['AP'], config: { Assigner: 'spread', ParallelFetchLimit: 5 } }));
    expect(planned(plan)).toEqual([
      'miner-config Storage.AllowAddPiece: false -> true (miner-restart, change)',
      'miner-config Storage.Assigner: null -> "spread" (miner-restart, change)',
      'miner-config Storage.ParallelFetchLimit: null -> 5 (miner-restart, change)',
    ]);
    expect(steps(plan, 'miner-1')).toEqual([
      'stop sealctl-miner',
      `write ${file}`,
      'start sealctl-miner',
      'wait until the miner answers',
    ]);
  });

  it('ignores what the operator changes in keys that are not in cluster.yaml', async () => {
    const fleet = await fleetOf(miner());
    fleet.host('miner-1').edit(file, `${textOf(fleet, file, 'miner-1')}\n[Fees]\nX = "1 FIL"\n`);
    expect(planned(fleet.plan(miner()))).toEqual([]);
  });

  it('that cannot be read is left for a human', async () => {
    const fleet = await fleetOf(miner());
    for (const text of ['[API', 'API = 3\n', '[[Storage]]\nAllowCommit = true\n']) {
      fleet.host('miner-1').edit(file, text);
      const plan = fleet.plan(miner());
      expect(found(plan)).toEqual(['error miner-config-broken']);
      expect(steps(plan, 'miner-1')).toEqual([]);
    }
  });

  it('is merged with any other file so that nothing else changes its value', async () => {
    const fleet = await fleetOf(miner());
    const key = fc.stringMatching(/^[A-Z][A-Za-z]{2,8}$/);
    const scalar = fc.oneof(fc.string({ maxLength: 12 }), fc.integer(), fc.boolean());
    const section = fc.dictionary(key, scalar, { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(section, section, section, async (api, storage, other) => {
        const before = stringify({ API: api, Storage: storage, Other: other });
        fleet.host('miner-1').edit(file, `# mine\n${before}`);
        await fleet.apply(fleet.plan(miner()));
        const after = parse(textOf(fleet, file, 'miner-1'));
        expect(after).toMatchObject(parse(stringify({ Storage: storage, Other: other })));
        expect(after['API']).toMatchObject(parse(stringify(api)));
        expect(textOf(fleet, file, 'miner-1')).toContain('# mine');
      }),
      { numRuns: times(40) },
    );
  });
});

describe("the miner's repo", () => {
  it('is initialized once, before the miner is started, and never again', async () => {
    const fleet = await fleetOf(miner());
    expect(steps(fleet.plan(miner()), 'miner-1')).toEqual([]);
    const fresh = new ModelFleet();
    const titles = steps(fresh.plan(miner()), 'miner-1');
    const init = titles.indexOf('initialize the miner at /var/lib/sealctl/repos/miner');
    expect(init).toBeGreaterThan(titles.indexOf(`write ${file}`));
    expect(init).toBeLessThan(titles.indexOf('start sealctl-miner'));
  });
});
