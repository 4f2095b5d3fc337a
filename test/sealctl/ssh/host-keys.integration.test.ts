import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connect } from '../../../src/sealctl/ssh/connect.ts';
import type { AcceptedHostKey, SshSettings } from '../../../src/sealctl/ssh/target.ts';
import { problemsOf, targetOf } from './reach.ts';
import { knownHostsLine, makeKey, sshdInstalled, startSshd, type Sshd } from './sshd.ts';

// Key files take their time on a busy machine.
vi.setConfig({ hookTimeout: 60_000, testTimeout: 60_000 });

describe.skipIf(!sshdInstalled).each(['ssh2', 'openssh'] as const)('%s checks host keys', (transport) => {
  let sshd: Sshd;
  let name: string;
  let other: string;
  beforeAll(async () => {
    sshd = await startSshd();
    name = `[127.0.0.1]:${sshd.port}`;
    other = join(sshd.directory, 'other');
    makeKey(other, 'ed25519');
  });
  afterAll(() => sshd.stop());

  const withKnownHosts = (text: string, ssh: Partial<SshSettings> = {}) => {
    const knownHosts = join(sshd.directory, 'known_hosts_now');
    writeFileSync(knownHosts, text);
    return targetOf(sshd, { transport, knownHosts, ...ssh });
  };
  const reach = async (text: string, ssh: Partial<SshSettings> = {}) => {
    const accepted: AcceptedHostKey[] = [];
    const connection = await connect(withKnownHosts(text, ssh), {
      configFile: 'none',
      hostKeyAccepted: (key) => accepted.push(key),
    });
    await connection.close();
    return accepted;
  };
  const refusal = async (text: string, ssh: Partial<SshSettings> = {}) => {
    const [problem] = await problemsOf(reach(text, ssh));
    return problem;
  };

  it('refuses an unknown one and says how to record it', async () => {
    const problem = await refusal(knownHostsLine('elsewhere', sshd.hostKey('ed25519')));
    expect(problem).toMatchObject({ code: 'host-key-unknown', where: { in: 'host', host: 'worker-1' } });
    expect(problem?.fix).toContain('ssh-keyscan');
  });

  it('refuses a changed one with both fingerprints', async () => {
    const problem = await refusal(knownHostsLine(name, other));
    expect(problem?.code).toBe('host-key-changed');
    expect(problem?.why).toContain(fingerprintOf(other));
    expect(problem?.why).toContain(fingerprintOf(sshd.hostKey('ed25519')));
    expect(problem?.why).toMatch(/known_hosts_now:1 /);
  });

  it('refuses a changed one under accept-new too, and keeps the file as it was', async () => {
    const before = knownHostsLine(name, other);
    expect((await refusal(before, { hostKeys: 'accept-new' }))?.code).toBe('host-key-changed');
    expect(readFileSync(join(sshd.directory, 'known_hosts_now'), 'utf8')).toBe(before);
  });

  it('refuses a revoked one, even beside a line that knows it', async () => {
    const known = knownHostsLine(name, sshd.hostKey('ed25519'));
    const problem = await refusal(`${known}@revoked ${knownHostsLine('*', sshd.hostKey('ed25519'))}`);
    expect(problem?.code).toBe('host-key-revoked');
  });

  it('finds hashed names', async () => {
    const file = join(sshd.directory, 'hashed');
    writeFileSync(file, knownHostsLine(name, sshd.hostKey('ed25519')));
    spawnSync('ssh-keygen', ['-H', '-f', file]);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^\|1\|/);
    expect(await reach(text)).toEqual([]);
  });

  it('follows wildcards and negation', async () => {
    const key = sshd.hostKey('ed25519');
    expect(await reach(knownHostsLine('[127.0.0.?]:*', key))).toEqual([]);
    expect((await refusal(knownHostsLine(`[127.*]:*,!${name}`, key)))?.code).toBe('host-key-unknown');
  });

  it('asks for the key type it knows', async () => {
    expect(await reach(knownHostsLine(name, sshd.hostKey('ecdsa')))).toEqual([]);
  });

  it('knows a host on another port by its name alone', async () => {
    expect(await reach(knownHostsLine('127.0.0.1', sshd.hostKey('ed25519')))).toEqual([]);
    expect((await refusal(knownHostsLine('127.0.0.1', other)))?.code).toMatch(/^host-key-/);
  });

  it('records a new key under accept-new, tells of it, and knows it from then on', async () => {
    const withoutNewline = knownHostsLine('elsewhere', other).trimEnd();
    const [accepted] = await reach(withoutNewline, { hostKeys: 'accept-new' });
    const file = join(sshd.directory, 'known_hosts_now');
    expect(accepted).toEqual({
      host: name,
      type: 'ssh-ed25519',
      fingerprint: fingerprintOf(sshd.hostKey('ed25519')),
      file,
    });
    expect(await reach(readFileSync(file, 'utf8'))).toEqual([]);
  });

  if (transport === 'ssh2')
    it('explains certificates, which it cannot check', async () => {
      const problem = await refusal(`@cert-authority ${knownHostsLine('*', other)}`);
      expect(problem?.code).toBe('host-key-certificate');
      expect(problem?.fix).toContain('openssh');
    });

  if (transport === 'openssh')
    it('checks certificates', async () => {
      const authority = join(sshd.directory, 'authority');
      makeKey(authority, 'ed25519');
      const certified = join(sshd.directory, 'certified');
      makeKey(certified, 'ed25519');
      spawnSync('ssh-keygen', [
        '-q',
        '-s',
        authority,
        '-h',
        '-I',
        'host',
        '-n',
        '127.0.0.1',
        `${certified}.pub`,
      ]);
      const server = await startSshd([`HostKey ${certified}`, `HostCertificate ${certified}-cert.pub`]);
      appendFileSync(server.knownHosts, '');
      writeFileSync(server.knownHosts, `@cert-authority ${knownHostsLine('[127.0.0.1]:*', authority)}`);
      const connection = await connect(targetOf(server, { transport }), { configFile: 'none' });
      expect((await connection.exec({ argv: ['true'], timeoutMs: 10_000, step: 'test' })).status).toBe(0);
      await connection.close();
      await server.stop();
    });
});

function fingerprintOf(keyFile: string): string {
  return (
    spawnSync('ssh-keygen', ['-l', '-f', `${keyFile}.pub`])
      .stdout.toString()
      .split(' ')[1] ?? ''
  );
}
