import { describe, expect, it } from 'vitest';
import { parseEnvironmentFile } from '../../../src/sealctl/kinds/daemon/environment-file.ts';
import { environment } from '../../../src/sealctl/kinds/daemon/environment.ts';
import { compile } from '../../../src/sealctl/kinds/compile.ts';
import type { DaemonEnvironment } from '../../../src/sealctl/kinds/daemon/environment-variables.ts';
import { resolveTemplate, secretKey } from '../../../src/core/secret/secret.ts';
import type { Spec } from '../../../src/sealctl/spec/spec.ts';
import { ModelFleet } from '../model/fleet.ts';
import { fleetOf, found, oneWorker, planned, startedWith, steps, textOf } from './planned.ts';

const file = '/etc/sealctl/worker-main.env';

/** The variables compiled for the one worker. */
function variables(spec: Spec): Record<string, string | undefined> {
  const resource = compile(spec)
    .get('worker-1')
    ?.find(({ kind }) => kind === environment.name);
  if (resource === undefined) throw new Error('no environment is compiled');
  const { variables: all } = resource.desired as DaemonEnvironment;
  const secrets = new Map([[`the miner's token`, 'T0K3N']]);
  return Object.fromEntries(all.map(({ name, value }) => [name, resolveTemplate(value, secrets)]));
}

describe('the environment of a worker', () => {
  it('tells it where the miner is, its repo, its limits and its own temporary directory', () => {
    expect(variables(oneWorker({ limits: { PC1: 4, DC: 2 } }))).toEqual({
      TMPDIR: '/var/lib/sealctl/repos/main/tmp',
      MINER_API_INFO: 'T0K3N:/ip4/10.0.0.2/tcp/2345/http',
      LOTUS_WORKER_PATH: '/var/lib/sealctl/repos/main',
      PC1_32G_MAX_CONCURRENT: '4',
      DC_MAX_CONCURRENT: '2',
    });
  });

  it('has the other resources under their own names', () => {
    const resources = { PC2: { minMemory: 2 ** 34, gpuUtilization: 0.5, maxParallelismGpu: 6 } };
    expect(variables(oneWorker({ resources }))).toMatchObject({
      PC2_32G_MIN_MEMORY: '17179869184',
      PC2_32G_GPU_UTILIZATION: '0.5',
      PC2_32G_MAX_PARALLELISM_GPU: '6',
    });
  });

  it('selects GPUs as the host needs it', () => {
    const gpus = ['0', 'GPU-5b1c'];
    expect(variables(oneWorker({ gpus }))).toMatchObject({
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: '0,GPU-5b1c',
    });
    expect(variables(oneWorker({ gpus: [] }))['CUDA_VISIBLE_DEVICES']).toBe('');
    expect(variables(oneWorker({ gpus }, { gpuRuntime: 'container' }))['NVIDIA_VISIBLE_DEVICES']).toBe(
      '0,GPU-5b1c',
    );
    expect(variables(oneWorker())['CUDA_VISIBLE_DEVICES']).toBeUndefined();
  });

  it('yields to cluster.yaml in what is only a default', () => {
    expect(variables(oneWorker({ env: { TMPDIR: '/fast/tmp' } }))['TMPDIR']).toBe('/fast/tmp');
  });
});

describe('a plan for an environment', () => {
  it('changes one limit by a restart, and nothing else', async () => {
    const fleet = await fleetOf(oneWorker());
    const plan = fleet.plan(oneWorker({ limits: { PC1: 6 } }));
    expect(planned(plan)).toEqual(['environment PC1_32G_MAX_CONCURRENT: "4" -> "6" (restart, change)']);
    expect(steps(plan)).toEqual([
      'cordon main',
      'wait until main is idle',
      'stop sealctl-worker-main',
      `write ${file}`,
      'start sealctl-worker-main',
      'wait until the miner lists worker-1-main',
    ]);
  });

  it('never shows a secret, neither the old one nor the new one', async () => {
    const secret = { from: 'env', name: 'OUR_KEY' } as const;
    const fleet = await fleetOf(oneWorker({ env: { KEY: 'plain-1' } }));
    const toSecret = fleet.plan(oneWorker({ env: { KEY: secret } }));
    expect(planned(toSecret)).toEqual(['environment KEY: "plain-1" -> unknown (restart, change)']);
    const other = await fleetOf(oneWorker());
    other.host('worker-1').edit(file, textOf(other, file).replace('model-token', 'hand-made-token'));
    const text = JSON.stringify(other.plan(oneWorker()).document);
    expect(text).toContain('"show":"secret"');
    expect(text).not.toContain('hand-made-token');
    expect(text).not.toContain('model-token');
  });

  it('never shows what was a secret when it was written, once cluster.yaml has a plain value in its place', async () => {
    const token = { from: 'env', name: 'OUR_KEY' } as const;
    const fleet = new ModelFleet();
    fleet.otherSecrets.set(secretKey(token), 'the-old-key');
    await fleet.apply(fleet.plan(oneWorker({ env: { RUST_LOG: token } })));
    expect(textOf(fleet, file)).toContain('the-old-key');
    const plan = fleet.plan(oneWorker({ env: { RUST_LOG: 'info' } }));
    expect(planned(plan)).toEqual(['environment RUST_LOG: secret -> "info" (restart, change)']);
    expect(JSON.stringify(plan.document)).not.toContain('the-old-key');
  });

  it('says of a secret that is not known yet when it will be', () => {
    const plan = new ModelFleet().plan(oneWorker());
    expect(planned(plan)).toContain('environment MINER_API_INFO: null -> unknown (live, change)');
  });

  it('tells drift from change also while a secret of the file is not known', async () => {
    const fleet = await fleetOf(oneWorker({ env: { RUST_LOG: 'info', KEY: 'plain-1' } }));
    fleet.host('worker-1').edit(file, textOf(fleet, file).replace('RUST_LOG="info"', 'RUST_LOG="trace"'));
    const secret = { from: 'env', name: 'OUR_KEY' } as const;
    expect(planned(fleet.plan(oneWorker({ env: { RUST_LOG: 'info', KEY: secret } })))).toEqual([
      'environment RUST_LOG: "trace" -> "info" (live, drift)',
      'environment KEY: "plain-1" -> unknown (restart, change)',
    ]);
  });

  it('removes a variable whose name every object has, without showing it', async () => {
    const fleet = await fleetOf(oneWorker());
    fleet.host('worker-1').edit(file, `${textOf(fleet, file)}constructor="hunter2"\n`);
    expect(planned(fleet.plan(oneWorker()))).toEqual([
      'environment constructor: secret -> null (live, drift)',
    ]);
  });

  it('does not show what somebody put there that cluster.yaml never had', async () => {
    const fleet = await fleetOf(oneWorker());
    fleet
      .host('worker-1')
      .edit(file, `${textOf(fleet, file)}AWS_KEY="hunter2"\nPC2_32G_MAX_CONCURRENT="9"\n`);
    expect(planned(fleet.plan(oneWorker()))).toEqual([
      'environment AWS_KEY: secret -> null (live, drift)',
      'environment PC2_32G_MAX_CONCURRENT: "9" -> null (live, drift)',
    ]);
  });

  it('tells drift from change field by field when both happened', async () => {
    const fleet = await fleetOf(oneWorker({ env: { RUST_LOG: 'info', EXTRA: 'a' } }));
    const host = fleet.host('worker-1');
    host.edit(file, textOf(fleet, file).replace('RUST_LOG="info"', 'RUST_LOG="trace"'));
    const plan = fleet.plan(oneWorker({ env: { RUST_LOG: 'info', EXTRA: 'b' } }));
    expect(planned(plan)).toEqual([
      'environment RUST_LOG: "trace" -> "info" (live, drift)',
      'environment EXTRA: "a" -> "b" (restart, change)',
    ]);
  });

  it('fixes an edited file without a restart while the process still runs on the right values', async () => {
    const fleet = await fleetOf(oneWorker());
    fleet.host('worker-1').edit(file, '');
    const plan = fleet.plan(oneWorker());
    expect(planned(plan)).not.toEqual([]);
    expect(planned(plan).filter((line) => !line.endsWith('(live, drift)'))).toEqual([]);
    expect(steps(plan)).toEqual([`write ${file}`]);
  });

  it('restarts a process that runs on older values than its file has', async () => {
    const fleet = await fleetOf(oneWorker());
    startedWith(fleet, 'PC1_32G_MAX_CONCURRENT', '1');
    expect(planned(fleet.plan(oneWorker()))).toEqual([
      'environment PC1_32G_MAX_CONCURRENT: "1" -> "4" (restart, drift)',
    ]);
  });

  it('reports a sealing variable the process has from somewhere else', async () => {
    const fleet = await fleetOf(oneWorker());
    startedWith(fleet, 'FIL_PROOFS_USE_MULTICORE_SDR', '1');
    const plan = fleet.plan(oneWorker());
    expect(planned(plan)).toEqual([]);
    expect(found(plan)).toEqual(['warning foreign-variable']);
    expect(plan.document.hosts.map(({ host, blocked }) => [host, blocked])).toEqual([['worker-1', false]]);
  });

  it('leaves a file that is not its own alone', async () => {
    const fleet = await fleetOf(oneWorker());
    const host = fleet.host('worker-1');
    host.manifest = host.manifest.filter(({ path }) => path !== file);
    host.edit(file, 'FOO="1"\n');
    const plan = fleet.plan(oneWorker());
    expect(found(plan)).toEqual(['error foreign-file']);
    expect(steps(plan)).toEqual([]);
    expect(plan.document.hosts.map(({ host, blocked }) => [host, blocked])).toEqual([['worker-1', true]]);
  });

  it('recognizes its own file when the manifest was lost', async () => {
    const fleet = await fleetOf(oneWorker());
    const host = fleet.host('worker-1');
    host.manifest = [];
    const plan = fleet.plan(oneWorker());
    expect(found(plan)).toEqual([]);
    const adopted = plan.document.hosts
      .flatMap(({ changes }) => changes)
      .filter(({ kind }) => kind === 'environment');
    expect(adopted).toHaveLength(1);
    expect(planned(plan)).not.toEqual([]);
    expect(planned(plan).filter((line) => !line.includes('(live, change)'))).toEqual([]);
    await fleet.apply(plan);
    expect(host.manifest.map(({ path }) => path)).toContain(file);
    expect(planned(fleet.plan(oneWorker()))).toEqual([]);
  });
});

describe('an environment file', () => {
  it('is read also as people write such files', () => {
    const text = `# a comment\n; another\nA=bare words\nB='single $x'\nC="double \\"x\\" \\$y"  \n\nnonsense\nA=again\n`;
    expect(Object.fromEntries(parseEnvironmentFile(text))).toEqual({
      A: 'again',
      B: 'single $x',
      C: 'double "x" $y',
    });
  });
});
