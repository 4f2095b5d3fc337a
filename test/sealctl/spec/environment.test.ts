import { describe, expect, it } from 'vitest';
import { load, specOf, workerIn, workerOf } from './loading.ts';

function problemsOf(env: string): string[] {
  return load(workerOf(`env: {${env}}`)).problems.map(({ severity, code }) => `${severity} ${code}`);
}

describe('env of cluster.yaml', () => {
  it('keeps numbers and booleans as they were written', () => {
    const spec = specOf(workerOf('env: {A: 1, B: 0x10, C: 1e3, D: true, E: "yes", F: 007, G: ""}'));
    expect(workerIn(spec, 'w').env).toEqual({
      A: '1',
      B: '0x10',
      C: '1e3',
      D: 'true',
      E: 'yes',
      F: '007',
      G: '',
    });
  });

  it.each(['constructor', 'toString'])('takes a variable called %s like any other', (name) => {
    const env = workerIn(specOf(workerOf(`env: {${name}: x, B: "2"}`)), 'w').env;
    expect(Object.entries(env)).toEqual([
      [name, 'x'],
      ['B', '2'],
    ]);
  });

  it('takes references to secrets', () => {
    const spec = specOf(workerOf('env: {A: {env: X}, B: {file: s/x}, C: {command: [pass, show, x]}}'));
    expect(workerIn(spec, 'w').env).toEqual({
      A: { from: 'env', name: 'X' },
      B: { from: 'file', path: '/s/x' },
      C: { from: 'command', argv: ['pass', 'show', 'x'] },
    });
  });

  it('says which reference was probably meant', () => {
    const [problem] = load(workerOf('env: {A: {envv: X}}')).problems;
    expect(problem).toMatchObject({ code: 'bad-value', fix: 'did you mean "env"?' });
  });

  it('takes a resource variable that Lotus would read', () => {
    expect(
      problemsOf('C2_32G_MAX_MEMORY: 161061273600, PC2_MAX_PARALLELISM: -1, C2_GPU_UTILIZATION: 0.5'),
    ).toEqual([]);
  });

  it('refuses the spellings that Lotus would ignore, and says the right one', () => {
    const fixes = load(
      workerOf(
        'env: {PC1_32GiB_MAX_CONCURRENT: 1, PRU2_32G_MAX_CONCURRENT: 1, PreCommit1_MAX_CONCURRENT: 1, PC3_32G_MIN_MEMORY: 1}',
      ),
    ).problems.map(({ code, fix }) => [code, fix]);
    expect(fixes).toEqual([
      ['ignored-by-lotus', 'write PC1_32G_MAX_CONCURRENT'],
      ['ignored-by-lotus', 'write PR2_32G_MAX_CONCURRENT'],
      ['ignored-by-lotus', 'write PC1_32G_MAX_CONCURRENT'],
      ['ignored-by-lotus', expect.stringMatching(/^write PC[12]_32G_MIN_MEMORY$/)],
    ]);
  });

  it('says the bytes of a size that Lotus would read as 0', () => {
    const [problem] = load(workerOf('env: {C2_32G_MAX_MEMORY: 64GiB}')).problems;
    expect(problem).toMatchObject({
      code: 'read-as-zero',
      fix: 'write "68719476736", or set it under "resources", which takes units',
    });
  });

  it('warns of a variable for another sector size', () => {
    expect(problemsOf('C2_64G_MAX_MEMORY: 1')).toEqual(['warning ignored-by-lotus']);
  });

  it("leaves other people's variables alone", () => {
    expect(
      problemsOf('MY_APP_MAX_MEMORY: 3 lots, NET_MAX_MEMORY: x, APP_MAX_CONCURRENT: 0, RUST_LOG: debug'),
    ).toEqual([]);
  });

  it('knows what the proofs library makes of its settings', () => {
    expect(problemsOf('FIL_PROOFS_USE_MULTICORE_SDR: 1')).toEqual([]);
    expect(problemsOf('FIL_PROOFS_USE_MULTICORE_SDR: true')).toEqual(['warning uncounted-cores']);
    expect(problemsOf('FIL_PROOFS_USE_GPU_TREE_BUILDER: oui')).toEqual(['error bad-value']);
    expect(problemsOf('FIL_PROOFS_USE_GPU_COLUMN_BUILDER: 1')).toEqual(['warning ignored-by-proofs']);
    expect(problemsOf('GOLOG_LOG_LEVEL: error')).toEqual(['warning silent-failures']);
  });

  it('refuses secrets written out, and not addresses without one', () => {
    expect(problemsOf('DB_PASSWORD: x')).toEqual(['error literal-secret']);
    expect(problemsOf('FULLNODE_API_INFO: "abc:/ip4/1.1.1.1/tcp/1/http"')).toEqual(['error literal-secret']);
    expect(problemsOf('FULLNODE_API_INFO: /ip4/1.1.1.1/tcp/1/http')).toEqual([]);
  });

  it('refuses what sealctl writes itself, and names the key that stands for it', () => {
    const [problem] = load(workerOf('env: {LOTUS_WORKER_NAME: x}')).problems;
    expect(problem).toMatchObject({ code: 'managed-variable', fix: 'take it out and set "label"' });
  });
});
