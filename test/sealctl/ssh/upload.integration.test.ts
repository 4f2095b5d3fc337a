import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HostConnection, UploadProgress, UploadRequest } from '../../../src/sealctl/ssh/connection.ts';
import { connect } from '../../../src/sealctl/ssh/connect.ts';
import { problemsOf, targetOf } from './reach.ts';
import { relayTo } from './relay.ts';
import { sshdInstalled, startSshd, type Sshd } from './sshd.ts';

// Key files take their time on a busy machine.
vi.setConfig({ hookTimeout: 60_000, testTimeout: 60_000 });

const digestOf = (content: Buffer) => createHash('sha256').update(content).digest('hex');
/** Half of it can be compressed. */
const content = Buffer.concat([randomBytes(2_000_000), Buffer.alloc(2_000_000, 'seal')]);

describe.skipIf(!sshdInstalled).each(['ssh2', 'openssh'] as const)('an upload by %s', (transport) => {
  let sshd: Sshd;
  let connection: HostConnection;
  let file: string;
  let there: string;
  let runs = 0;
  beforeAll(async () => {
    sshd = await startSshd();
    connection = await connect(targetOf(sshd, { transport }), { configFile: 'none' });
    file = join(sshd.directory, 'program');
    writeFileSync(file, content);
  });
  afterAll(async () => {
    await connection.close();
    await sshd.stop();
  });
  beforeEach(() => {
    there = join(sshd.directory, `release ${runs++} $(x)`);
    mkdirSync(there);
  });

  const request = (): UploadRequest => ({
    file,
    sha256: digestOf(content),
    path: join(there, "it's a program"),
    mode: '0755',
    timeoutMs: 30_000,
  });

  it('puts the file there with its mode, tells how far it is, and leaves nothing else', async () => {
    const progress: UploadProgress[] = [];
    const result = await connection.upload({ ...request(), onProgress: (at) => progress.push(at) });
    expect(result).toEqual({ sent: true, bytes: content.length });
    expect(readFileSync(request().path).equals(content)).toBe(true);
    expect(statSync(request().path).mode & 0o777).toBe(0o755);
    expect(readdirSync(there)).toHaveLength(1);
    expect(progress.at(-1)).toEqual({ sentBytes: content.length, totalBytes: content.length });
    expect(progress.length).toBeGreaterThan(2);
  });

  it('sends nothing when it is there already, and replaces what differs', async () => {
    writeFileSync(request().path, 'something else');
    expect((await connection.upload(request())).sent).toBe(true);
    const onProgress = vi.fn<() => void>();
    expect((await connection.upload({ ...request(), onProgress })).sent).toBe(false);
    expect(onProgress).not.toHaveBeenCalled();
  });

  it('refuses a file that is not what it should be, and leaves nothing', async () => {
    const [problem] = await problemsOf(connection.upload({ ...request(), sha256: '0'.repeat(64) }));
    expect(problem?.code).toBe('upload-failed');
    expect(problem?.why).toContain(digestOf(content));
    expect(readdirSync(there)).toEqual([]);
  });

  it('says what the host said when it cannot be written', async () => {
    const path = join(there, 'missing', 'program');
    const [problem] = await problemsOf(connection.upload({ ...request(), path }));
    expect(problem).toMatchObject({ code: 'upload-failed', where: { in: 'host', host: 'worker-1', path } });
    expect(problem?.why).toMatch(/missing/);
  });

  it('says so when the disk is full, and leaves nothing', async () => {
    const path = '/dev/full/program';
    const [problem] = await problemsOf(connection.upload({ ...request(), path }));
    expect(problem?.code).toBe('upload-failed');
  });

  it('says so when the local file is gone', async () => {
    const [problem] = await problemsOf(connection.upload({ ...request(), file: join(there, 'gone') }));
    expect(problem?.code).toBe('upload-failed');
  });

  it('removes what an earlier upload left behind, once it is old', async () => {
    for (const [name, age] of [
      ['program.upload-1', 7200],
      ['program.upload-2', 60],
    ] as const) {
      writeFileSync(join(there, name), 'half');
      utimesSync(join(there, name), Date.now() / 1000 - age, Date.now() / 1000 - age);
    }
    await connection.upload(request());
    expect(readdirSync(there).sort()).toEqual(["it's a program", 'program.upload-2']);
  });

  it.each(['reset', 'freeze'] as const)(
    'leaves nothing under the name after a %s in the middle',
    async (fault) => {
      const relay = await relayTo(sshd.port);
      const knownHosts = join(there, '..', `known_${fault}_${transport}`);
      writeFileSync(
        knownHosts,
        readFileSync(sshd.knownHosts, 'utf8').replaceAll(String(sshd.port), String(relay.port)),
      );
      const target = targetOf(sshd, { transport, port: relay.port, knownHosts });
      const over = await connect(target, { configFile: 'none' });
      const before = relay.carried();
      const upload = problemsOf(over.upload({ ...request(), stallMs: 4_000 }));
      await vi.waitFor(() => expect(relay.carried() - before).toBeGreaterThan(500_000), {
        interval: 1,
        timeout: 20_000,
      });
      relay[fault]();
      const [problem] = await upload;
      expect(problem?.code).toBe(fault === 'reset' ? 'ssh-lost' : 'ssh-timeout');
      expect(problem?.summary).toContain('upload');
      await over.close();
      await relay.close();
      await vi.waitFor(() => expect(readdirSync(there)).toEqual([]), { timeout: 10_000 });
      expect((await connection.upload(request())).sent).toBe(true);
    },
  );
});
