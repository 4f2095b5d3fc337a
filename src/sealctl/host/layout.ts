/** The paths of sealctl's files on a host, all absolute. */
export interface HostLayout {
  /** sealctl's own state: manifest, hold, journal, inventory. */
  readonly state: string;
  readonly manifest: string;
  readonly hold: string;
  readonly history: string;
  readonly inventory: string;
  readonly lock: string;
  /** Content-addressed: `releases/<sha256>/<program>`. */
  readonly releases: string;
  /** Environment files, one a daemon, 0600. */
  readonly environment: string;
  /** systemd units, or the supervisor's service directories. */
  readonly services: string;
  /** pam_limits drop-ins; absent without systemd, where nobody logs in through PAM for the daemon. */
  readonly pamLimits: string | undefined;
  /** Default place of worker and miner repos. */
  readonly repos: string;
}

/** The layout of a host: below `/` for systemd hosts, all in one private directory elsewhere. */
export function layoutOf(host: {
  readonly services: 'systemd' | 'supervisor';
  readonly root: string;
}): HostLayout {
  if (host.services === 'systemd') {
    return layout('/var/lib/sealctl', {
      releases: '/opt/sealctl/releases',
      environment: '/etc/sealctl',
      services: '/etc/systemd/system',
      pamLimits: '/etc/security/limits.d',
      repos: '/var/lib/sealctl/repos',
    });
  }
  const base = host.root.replace(/\/+$/, '');
  return layout(`${base}/state`, {
    releases: `${base}/releases`,
    environment: `${base}/env`,
    services: `${base}/services`,
    pamLimits: undefined,
    repos: `${base}/repos`,
  });
}

function layout(
  state: string,
  rest: Pick<HostLayout, 'releases' | 'environment' | 'services' | 'pamLimits' | 'repos'>,
): HostLayout {
  return {
    state,
    manifest: `${state}/manifest`,
    hold: `${state}/hold`,
    history: `${state}/history`,
    inventory: `${state}/inventory`,
    lock: `${state}/lock`,
    ...rest,
  };
}
