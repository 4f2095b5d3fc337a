/** The SSH settings of a host in cluster.yaml. ssh_config, then OpenSSH's defaults, give absent fields. */
export interface SshSettings {
  readonly user?: string;
  readonly port?: number;
  readonly identityFile?: string;
  /** OpenSSH's syntax: `[user@]host[:port]`, several separated by commas, `none` for no jump at all. */
  readonly proxyJump?: string;
  /** `sudo` runs every command as root through `sudo -n`; `none` runs as the login user. */
  readonly become: 'sudo' | 'none';
  /** `strict` refuses a host whose key is not known; `accept-new` records the key it meets first. */
  readonly hostKeys: 'strict' | 'accept-new';
  readonly knownHosts?: string;
  readonly transport: 'ssh2' | 'openssh';
}

/** A host to connect to. */
export interface SshTarget {
  /** Its name in messages. */
  readonly name: string;
  /** Host name, address or alias of ssh_config. */
  readonly address: string;
  readonly ssh: SshSettings;
}

/** The operator's side of a connection. */
export interface SshOptions {
  /** Limit of everything up to the first command: every hop's TCP, key exchange and authentication together. Default 15000. */
  readonly connectTimeoutMs?: number;
  /** Interval of keep-alives to a silent peer; three unanswered ones end the connection. Default 10000. */
  readonly keepAliveMs?: number;
  /** Asks for the passphrase of a key file; undefined skips the key. Absent means nobody can be asked. */
  readonly passphrase?: (keyFile: string) => Promise<string | undefined>;
  /** ssh_config to use instead of the user's and the system's; `none` for no configuration. */
  readonly configFile?: string;
  /** Default: the environment of this process; HOME and SSH_AUTH_SOCK are read. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Called when `accept-new` has recorded a key. */
  readonly hostKeyAccepted?: (accepted: AcceptedHostKey) => void;
  /** Ends connecting, and every call on the connections that brings no signal of its own. */
  readonly signal?: AbortSignal;
}

export interface AcceptedHostKey {
  /** The name in known_hosts, such as `10.0.0.7` or `[10.0.0.7]:2222`. */
  readonly host: string;
  readonly type: string;
  /** `SHA256:...` as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  readonly file: string;
}
