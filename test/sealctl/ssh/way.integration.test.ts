import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connect } from '../../../src/sealctl/ssh/connect.ts';
import { configReader } from '../../../src/sealctl/ssh/config/ssh-config.ts';
import type { SshSettings } from '../../../src/sealctl/ssh/target.ts';
import { problemsOf, targetOf } from './reach.ts';
import { relayTo, type Relay } from './relay.ts';
import { freePort } from '../../free-ports.ts';
import { sshdInstalled, startSshd, type Sshd } from './sshd.ts';

// Key files take their time on a busy machine.
vi.setConfig({ hookTimeout: 60_000, testTimeout: 60_000 });

describe.skipIf(!sshdInstalled).each(['ssh2', 'openssh'] as const)('the way of %s to a host', (transport) => {
  let sshd: Sshd;
  let jump: Sshd;
  beforeAll(async () => {
    [sshd, jump] = await Promise.all([startSshd(), startSshd()]);
    writeFileSync(join(jump.directory, 'authorized_keys'), readFileSync(`${sshd.identity}.pub`));
    writeFileSync(
      sshd.knownHosts,
      readFileSync(sshd.knownHosts, 'utf8') + readFileSync(jump.knownHosts, 'utf8'),
    );
  });
  afterAll(async () => {
    await Promise.all([sshd.stop(), jump.stop()]);
  });

  /** The host as it is reached over a relay, under the same key. */
  const through = ({ port }: Relay) => {
    const knownHosts = join(sshd.directory, `known_relay_${port}`);
    const text = readFileSync(sshd.knownHosts, 'utf8');
    writeFileSync(knownHosts, text.replaceAll(String(sshd.port), String(port)));
    return targetOf(sshd, { transport, port, knownHosts });
  };
  const echo = { argv: ['echo', 'there'], timeoutMs: 20_000, step: 'test' };
  const proxyJump = () => `${jump.user}@127.0.0.1:${jump.port}`;

  it('leads through a jump host', async () => {
    const connection = await connect(targetOf(sshd, { transport, proxyJump: proxyJump() }), {
      configFile: 'none',
    });
    expect((await connection.exec(echo)).stdout.toString()).toBe('there\n');
    await connection.close();
  });

  if (transport === 'ssh2')
    it('leads to many hosts through one login to a jump host that drops logins in crowds, and leaves it with the last', async () => {
      const bastion = await startSshd(['MaxStartups 2:100:2', 'LogLevel VERBOSE']);
      writeFileSync(join(bastion.directory, 'authorized_keys'), readFileSync(`${sshd.identity}.pub`));
      const knownHosts = join(sshd.directory, 'with-the-bastion');
      writeFileSync(
        knownHosts,
        readFileSync(sshd.knownHosts, 'utf8') + readFileSync(bastion.knownHosts, 'utf8'),
      );
      const options = { configFile: 'none' };
      const target = targetOf(sshd, { transport, proxyJump: `127.0.0.1:${bastion.port}`, knownHosts });
      const some = { ...target, name: 'the first' };
      const others = Array.from({ length: 8 }, (_, at) => ({ ...target, name: `worker-${at}` }));
      const first = await connect(some, options);
      const connections = await Promise.all(others.map((other) => connect(other, options)));
      await first.close();
      for (const connection of connections)
        expect((await connection.exec(echo)).stdout.toString()).toBe('there\n');
      await Promise.all(connections.map((connection) => connection.close()));
      expect(bastion.log().match(/Accepted publickey/g)).toHaveLength(1);
      await expect.poll(() => bastion.log(), { timeout: 10_000 }).toMatch(/Received disconnect|Disconnected/);
      await bastion.stop();
    });

  it('names the jump host where that is what cannot be reached', async () => {
    const target = targetOf(sshd, { transport, proxyJump: `127.0.0.1:${await freePort()}` });
    const [problem] = await problemsOf(connect(target, { configFile: 'none' }));
    expect(problem?.code).toBe('ssh-unreachable');
    if (transport === 'ssh2') expect(problem?.summary).toMatch(/^the jump host 127\.0\.0\.1:\d+ cannot/);
  });

  it('ends at a jump host that forwards nothing', async () => {
    const closed = await startSshd(['AllowTcpForwarding no']);
    writeFileSync(join(closed.directory, 'authorized_keys'), readFileSync(`${sshd.identity}.pub`));
    const knownHosts = join(sshd.directory, 'with-the-closed');
    writeFileSync(
      knownHosts,
      readFileSync(sshd.knownHosts, 'utf8') + readFileSync(closed.knownHosts, 'utf8'),
    );
    const target = targetOf(sshd, { transport, proxyJump: `127.0.0.1:${closed.port}`, knownHosts });
    const [problem] = await problemsOf(connect(target, { configFile: 'none' }));
    expect(problem?.code).toBe('ssh-unreachable');
    await closed.stop();
  });

  it('leads through several', async () => {
    const second = await startSshd();
    writeFileSync(join(second.directory, 'authorized_keys'), readFileSync(`${sshd.identity}.pub`));
    const knownHosts = join(sshd.directory, 'with-the-second');
    writeFileSync(
      knownHosts,
      readFileSync(sshd.knownHosts, 'utf8') + readFileSync(second.knownHosts, 'utf8'),
    );
    const both = `${proxyJump()},127.0.0.1:${second.port}`;
    const target = targetOf(sshd, { transport, proxyJump: both, knownHosts });
    const connection = await connect(target, { configFile: 'none' });
    expect((await connection.exec(echo)).stdout.toString()).toBe('there\n');
    await connection.close();
    await second.stop();
  });

  it('stops at a jump host whose key is not known', async () => {
    const knownHosts = join(sshd.directory, 'only-the-target');
    writeFileSync(knownHosts, readFileSync(sshd.knownHosts, 'utf8').split('\n')[0] ?? '');
    const target = targetOf(sshd, { transport, proxyJump: proxyJump(), knownHosts });
    const [problem] = await problemsOf(connect(target, { configFile: 'none' }));
    expect(problem?.code).toBe('host-key-unknown');
  });

  it('is what ssh_config says of an alias', async () => {
    const config = join(sshd.directory, 'config');
    const named = join(sshd.directory, `id_127.0.0.1-${sshd.user}`);
    if (!existsSync(named)) copyFileSync(sshd.identity, named);
    writeFileSync(
      config,
      [
        'Host rack-*',
        `  HostName 127.0.0.1`,
        `  Port ${sshd.port}`,
        `  User ${sshd.user}`,
        `  IdentityFile ${sshd.directory}/id_%h-%r`,
        `  UserKnownHostsFile ${sshd.knownHosts}`,
        '  ProxyJump bastion',
        'Host bastion',
        `  HostName 127.0.0.1`,
        `  HostKeyAlias [127.0.0.1]:${jump.port}`,
        `  Port ${jump.port}`,
        `  IdentityFile ${sshd.identity}`,
        `  UserKnownHostsFile ${sshd.knownHosts}`,
        '',
      ].join('\n'),
    );
    const ssh: SshSettings = { become: 'none', hostKeys: 'strict', transport };
    const target = { name: 'worker-1', address: 'rack-7', ssh };
    const connection = await connect(target, { configFile: config });
    expect((await connection.exec(echo)).stdout.toString()).toBe('there\n');
    await connection.close();
  });

  it('can be left though the host has fallen silent and does not answer the disconnect', async () => {
    const relay = await relayTo(sshd.port);
    const connection = await connect(through(relay), { configFile: 'none' });
    relay.freeze();
    await connection.close();
    await relay.close();
  }, 15_000);

  it('is unreachable where nothing listens', async () => {
    const target = targetOf(sshd, { transport, port: await freePort() });
    const [problem] = await problemsOf(connect(target, { configFile: 'none' }));
    expect(problem).toMatchObject({ code: 'ssh-unreachable', where: { in: 'host', host: 'worker-1' } });
    expect(problem?.why).toMatch(/refused/i);
  });

  it('ends at its time limit when the host takes connections and says nothing', async () => {
    const relay = await relayTo(sshd.port);
    relay.freeze();
    const target = targetOf(sshd, { transport, port: relay.port });
    const began = Date.now();
    const [problem] = await problemsOf(connect(target, { configFile: 'none', connectTimeoutMs: 700 }));
    expect(problem?.code).toBe('ssh-timeout');
    expect(Date.now() - began).toBeLessThan(5_000);
    if (transport === 'ssh2') expect(problem?.summary).toContain('exchange keys');
    await relay.close();
  });

  it('finds out that the host fell silent', async () => {
    const relay = await relayTo(sshd.port);
    const connection = await connect(through(relay), { configFile: 'none', keepAliveMs: 300 });
    expect((await connection.exec(echo)).status).toBe(0);
    const hanging = problemsOf(
      connection.exec({ ...echo, argv: ['sleep', '600'], step: 'restart the worker' }),
    );
    relay.freeze();
    const [problem] = await hanging;
    expect(problem).toMatchObject({ code: 'ssh-lost' });
    expect(problem?.summary).toContain('restart the worker');
    await connection.close();
    await relay.close();
  });

  if (transport === 'openssh')
    it('needs the program', async () => {
      const options = { configFile: 'none', environment: { PATH: '/nonexistent' } };
      const [problem] = await problemsOf(connect(targetOf(sshd, { transport }), options));
      expect(problem?.code).toBe('ssh-client-missing');
    });

  if (transport === 'ssh2')
    it('is tried again when the server drops logins it has too many of', async () => {
      const relay = await relayTo(sshd.port);
      relay.drop(2);
      const connection = await connect(through(relay), { configFile: 'none' });
      expect((await connection.exec(echo)).status).toBe(0);
      await connection.close();
      relay.drop(100);
      const [problem] = await problemsOf(connect(through(relay), { configFile: 'none' }));
      expect(problem?.why).toContain('hangs up at once');
      await relay.close();
    });
});

describe('ssh_config', () => {
  it('is asked only when it says something that matters, by way of includes too', async () => {
    const sshd = await startSshd();
    const home = sshd.directory;
    mkdirSync(join(home, '.ssh/more'), { recursive: true });
    const asks = async (text: string, included = '') => {
      writeFileSync(join(home, '.ssh/config'), text);
      writeFileSync(join(home, '.ssh/more/10-hosts.conf'), included);
      return (await configReader(join(home, '.ssh/config'), home)({ address: 'h' })).size > 0;
    };
    expect(await asks('Host *\n  SendEnv LANG LC_*\n  HashKnownHosts yes\n')).toBe(false);
    expect(await asks('# HostName x\nInclude more/*.conf\n', 'ServerAliveInterval 3\n')).toBe(false);
    expect(await asks('Include more/*.conf\n', 'Host h\n  HostName=10.0.0.1\n')).toBe(true);
    expect(await asks('Include more/*.txt\n', 'Host h\n  HostName=10.0.0.1\n')).toBe(false);
    expect(await asks('Match exec true\n  Port 7\n')).toBe(true);
    await sshd.stop();
  });

  it('is an error where it cannot be evaluated', async () => {
    const sshd = await startSshd();
    const config = join(sshd.directory, 'broken');
    writeFileSync(config, 'Port notaport\n');
    const [problem] = await problemsOf(connect(targetOf(sshd, {}), { configFile: config }));
    expect(problem?.code).toBe('ssh-config-broken');
    await sshd.stop();
  });
});
