import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connect } from '../../../src/sealctl/ssh/connect.ts';
import type { HostConnection } from '../../../src/sealctl/ssh/connection.ts';
import type { SshOptions, SshSettings } from '../../../src/sealctl/ssh/target.ts';
import { problemsOf, targetOf } from './reach.ts';
import { makeKey, sshdInstalled, startSshd, type Sshd } from './sshd.ts';

// Key files take their time on a busy machine.
vi.setConfig({ hookTimeout: 60_000, testTimeout: 60_000 });

describe.skipIf(!sshdInstalled).each(['ssh2', 'openssh'] as const)('logging in with %s', (transport) => {
  let sshd: Sshd;
  let agent: ChildProcess;
  let socket: string;
  let stranger: string;
  let locked: string;
  beforeAll(async () => {
    sshd = await startSshd();
    stranger = join(sshd.directory, 'stranger');
    makeKey(stranger, 'ed25519');
    locked = join(sshd.directory, 'locked');
    makeKey(locked, 'ed25519', 'open sesame');
    appendFileSync(join(sshd.directory, 'authorized_keys'), readFileSync(`${locked}.pub`));
    socket = join(sshd.directory, 'agent');
    agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    await vi.waitFor(() => sshAdd('-D'), { timeout: 10_000 });
  });
  afterAll(async () => {
    agent.kill('SIGTERM');
    await sshd.stop();
  });

  const sshAdd = (...words: string[]) =>
    execFileSync('ssh-add', ['-q', ...words], {
      env: { ...process.env, SSH_AUTH_SOCK: socket },
      stdio: 'pipe',
    });
  /** Logs in and gives what a command says on the host. */
  const reach = async (ssh: Partial<SshSettings>, options: SshOptions = {}): Promise<string> => {
    const connection = await connect(targetOf(sshd, { transport, ...ssh }), {
      configFile: 'none',
      environment: { PATH: process.env['PATH'], HOME: sshd.directory },
      ...options,
    });
    return greeting(connection);
  };
  const greeting = async (connection: HostConnection): Promise<string> => {
    const { stdout } = await connection.exec({ argv: ['echo', 'there'], step: 'greet', timeoutMs: 60_000 });
    await connection.close();
    return stdout.toString();
  };
  const withAgent = () => ({
    environment: { PATH: process.env['PATH'], HOME: sshd.directory, SSH_AUTH_SOCK: socket },
  });
  const agentOnly = () => {
    const { identityFile: _without, ...ssh } = targetOf(sshd, { transport }).ssh;
    return { name: 'worker-1', address: '127.0.0.1', ssh };
  };

  it('logs in with a key that the agent holds', async () => {
    sshAdd('-D');
    sshAdd(stranger);
    sshAdd(sshd.identity);
    const connection = await connect(agentOnly(), { configFile: 'none', ...withAgent() });
    expect(await greeting(connection)).toBe('there\n');
  });

  it('logs in with the configured key, however many others the agent holds', async () => {
    sshAdd('-D');
    for (let n = 0; n < 8; n++) {
      makeKey(join(sshd.directory, `crowd${transport}${n}`), 'ed25519');
      sshAdd(join(sshd.directory, `crowd${transport}${n}`));
    }
    expect(await reach({}, withAgent())).toBe('there\n');
  });

  it('logs in with an RSA key', async () => {
    const rsa = join(sshd.directory, `rsa-${transport}`);
    makeKey(rsa, 'rsa');
    appendFileSync(join(sshd.directory, 'authorized_keys'), readFileSync(`${rsa}.pub`));
    expect(await reach({ identityFile: rsa })).toBe('there\n');
    sshAdd('-D');
    sshAdd(rsa);
    const connection = await connect(agentOnly(), { configFile: 'none', ...withAgent() });
    expect(await greeting(connection)).toBe('there\n');
  });

  it('logs in with a locked key that the agent holds, without asking for its passphrase', async () => {
    sshAdd('-D');
    const askpass = join(sshd.directory, 'askpass');
    execFileSync('sh', [
      '-c',
      `printf '#!/bin/sh\\necho open sesame\\n' > "$1"; chmod 700 "$1"`,
      'sh',
      askpass,
    ]);
    execFileSync('ssh-add', ['-q', locked], {
      env: {
        ...process.env,
        SSH_AUTH_SOCK: socket,
        SSH_ASKPASS: askpass,
        SSH_ASKPASS_REQUIRE: 'force',
        DISPLAY: ':0',
      },
      stdio: 'pipe',
    });
    const passphrase = vi.fn<(file: string) => Promise<undefined>>();
    await reach({ identityFile: locked }, { ...withAgent(), passphrase });
    expect(passphrase).not.toHaveBeenCalled();
  });

  if (transport === 'ssh2')
    it('logs in despite an agent that takes connections and never answers', async () => {
      const path = join(sshd.directory, 'silent-agent');
      const silent = createServer(() => undefined).listen(path);
      await once(silent, 'listening');
      const environment = { PATH: process.env['PATH'], SSH_AUTH_SOCK: path };
      expect(await reach({}, { environment })).toBe('there\n');
      silent.close();
    });

  it('logs in despite an agent that is not there', async () => {
    const environment = { PATH: process.env['PATH'], SSH_AUTH_SOCK: '/nonexistent/agent' };
    expect(await reach({}, { environment })).toBe('there\n');
  });

  it('refuses to log in with a key the host does not know, and says which keys it tried', async () => {
    const [problem] = await problemsOf(reach({ identityFile: stranger }));
    expect(problem).toMatchObject({ code: 'ssh-auth-failed', where: { in: 'host', host: 'worker-1' } });
    expect(problem?.summary).toContain(sshd.user);
  });

  it('refuses to log in with a key file that is not there', async () => {
    const [problem] = await problemsOf(reach({ identityFile: '/nonexistent/key' }));
    expect(problem?.code).toBe('ssh-auth-failed');
  });

  it('refuses to log in with a locked key when nobody can be asked for its passphrase', async () => {
    const [problem] = await problemsOf(reach({ identityFile: locked }));
    expect(problem?.code).toBe('ssh-auth-failed');
    if (transport === 'ssh2') expect(problem?.why).toContain(`ssh-add ${locked}`);
  });

  if (transport === 'ssh2')
    it('asks for the passphrase of a locked key once for all hosts', async () => {
      const answers = ['wrong', 'open sesame'];
      const passphrase = vi.fn(async () => Promise.resolve(answers.shift()));
      const options: SshOptions = { configFile: 'none', environment: {}, passphrase };
      const target = targetOf(sshd, { identityFile: locked });
      const connections = await Promise.all([connect(target, options), connect(target, options)]);
      expect(passphrase).toHaveBeenCalledTimes(2);
      await Promise.all(connections.map((connection) => connection.close()));
    });

  if (transport === 'ssh2')
    it('refuses to log in with a key file that others can read', async () => {
      chmodSync(stranger, 0o644);
      const [problem] = await problemsOf(reach({ identityFile: stranger }));
      expect(problem?.why).toContain('chmod 600');
    });
});
