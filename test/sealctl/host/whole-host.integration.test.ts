import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../../../src/sealctl/kinds/compile.ts';
import { kinds } from '../../../src/sealctl/kinds/index.ts';
import { requestsOf } from '../../../src/sealctl/observe/requests.ts';
import { makePlan, type MadePlan } from '../../../src/sealctl/plan/make-plan.ts';
import type { HostSpec, Spec, WorkerSpec } from '../../../src/sealctl/spec/spec.ts';
import { planned } from '../kinds/planned.ts';
import { clusterSpec, hostSpec, minerSpec, storageSpec, workerSpec } from '../model/spec.ts';
import { RealHost } from './real-host.ts';

const token = `t0k"en$(touch pwned)\`\\`;
const hostile = `it's "100%" $HOME \`id\` \\ ; touch pwned #\n\tünï ☃`;
const secrets = new Map([['env TOKEN', token]]);

let work: string;
let program: { readonly file: string; readonly sha256: string; readonly requiresCpu: readonly string[] };
let host: RealHost;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'sealctl-whole-'));
  const file = join(work, 'seal-worker');
  execFileSync('cc', ['-o', file, fileURLToPath(new URL('dump.c', import.meta.url))]);
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  program = { file, sha256, requiresCpu: [] };
  host = new RealHost({ root: join(work, 'root'), secrets });
  mkdirSync(host.root);
});
afterAll(async () => {
  await host.run({ do: 'service', manager: 'supervisor', name: 'sealctl-worker-main', verb: 'stop' });
  rmSync(work, { recursive: true });
});

function specOf(changes: Partial<WorkerSpec> = {}, hostChanges: Partial<HostSpec> = {}): Spec {
  const worker = workerSpec('h', 'main', {
    label: hostile,
    args: [`--odd=${hostile}`, '-x'],
    env: { DUMP: join(work, 'dump'), HOSTILE: hostile },
    limits: { PC1: 4 },
    repo: `${host.root}/repos/main`,
    storage: [storageSpec(`${work}/it's a $path; touch pwned`, { groups: [hostile] })],
    release: { name: 'r', worker: program },
    ulimits: { nofile: 4096 },
    ...changes,
  });
  const miner = minerSpec('elsewhere', { managed: false, token: { from: 'env', name: 'TOKEN' } });
  const whole = hostSpec('h', [worker], {
    services: 'supervisor',
    root: host.root,
    keepReleases: 0,
    ...hostChanges,
  });
  return clusterSpec([whole], { miner });
}

async function plan(spec: Spec): Promise<MadePlan> {
  const resources = compile(spec);
  const facts = await host.probe(requestsOf('h', spec, resources.get('h') ?? [], kinds));
  return makePlan({
    spec,
    resources,
    kinds,
    secrets,
    observed: {
      hosts: new Map([['h', { reachable: true, facts, workers: new Map() }]]),
      miner: { unreachable: 'there is none in this test' },
    },
    salt: '',
    now: new Date(0),
  });
}

/** Carries out what is done on the host; there is no daemon here that could be told anything. */
async function apply(made: MadePlan): Promise<void> {
  for (const step of made.steps.get('h') ?? []) if (step.on === 'host') await host.run(step.operation);
}

describe('a host without systemd', () => {
  it('is set up so that the daemon gets every text byte for byte, and nothing else is run', async () => {
    await apply(await plan(specOf()));
    const [words = '', environment = ''] = readFileSync(join(work, 'dump'), 'utf8').split('\0\0');
    expect(words.split('\0')).toEqual([
      'run',
      '--listen=10.0.0.11:3456',
      `--name=${hostile}`,
      '--no-local-storage',
      '--no-default',
      '--precommit1',
      `--odd=${hostile}`,
      '-x',
    ]);
    expect(environment.split('\0')).toContain(`HOSTILE=${hostile}`);
    expect(environment.split('\0')).toContain(`MINER_API_INFO=${token}:/ip4/10.0.0.2/tcp/2345/http`);
    const store = JSON.parse(
      readFileSync(`${work}/it's a $path; touch pwned/sectorstore.json`, 'utf8'),
    ) as Record<string, unknown>;
    expect(store['Groups']).toEqual([hostile]);
    expect(readdirSync(work).sort()).toEqual(
      ["it's a $path; touch pwned", 'dump', 'root', 'seal-worker'].sort(),
    );
  });

  it('is then as wanted, and its secrets are where others cannot read them', async () => {
    expect(planned(await plan(specOf()))).toEqual([]);
    const found = execFileSync('grep', ['-rlF', 't0k', host.root], { encoding: 'utf8' }).trim().split('\n');
    expect(found).toEqual([`${host.root}/env/worker-main.env`]);
    expect(statSync(`${host.root}/env/worker-main.env`).mode & 0o777).toBe(0o600);
    expect(statSync(`${host.root}/env`).mode & 0o077).toBe(0);
    expect(statSync(`${host.root}/state`).mode & 0o044).toBe(0);
  });

  it('shows a limit that changed, and runs with it after the apply', async () => {
    const changed = specOf({ limits: { PC1: 5 } });
    const made = await plan(changed);
    expect(planned(made)).toEqual(['environment PC1_32G_MAX_CONCURRENT: "4" -> "5" (restart, change)']);
    await apply(made);
    expect(planned(await plan(changed))).toEqual([]);
    const environment = readFileSync(join(work, 'dump'), 'utf8').split('\0');
    expect(environment).toContain('PC1_32G_MAX_CONCURRENT=5');
    await apply(await plan(specOf()));
  });

  it('is cleaned away with its worker, sectors excepted', async () => {
    const path = `${work}/it's a $path; touch pwned`;
    mkdirSync(`${path}/sealed`);
    await apply(await plan(specOf({}, { workers: [] })));
    const { manifest, services } = await host.probe([]);
    expect(manifest).toEqual([]);
    expect([...services.values()]).toEqual([]);
    expect(existsSync(`${host.root}/env/worker-main.env`)).toBe(false);
    expect(existsSync(`${host.root}/releases/${program.sha256}`)).toBe(false);
    expect(existsSync(`${path}/sealed`)).toBe(true);
    expect(existsSync(`${path}/sectorstore.json`)).toBe(true);
  });
});
