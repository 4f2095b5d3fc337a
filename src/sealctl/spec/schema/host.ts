import { z } from 'zod';
import { account, absolutePath, entryName, localPath, port } from './scalars.ts';
import { hostSettingKeys } from '../settings/index.ts';
import { ownWorkerKeys, profileKey, workerLayerKeys } from './worker.ts';

const ssh = z
  .strictObject({
    user: account
      .optional()
      .describe('Login name; absent means that of ssh_config, or the local login name.'),
    port: port.optional().describe('Port of the SSH server; absent means that of ssh_config, or 22.'),
    identityFile: localPath
      .optional()
      .describe('Private key file, relative to this file; `~/` means the home directory.'),
    proxyJump: z
      .string()
      .regex(/^[^\s-][^\s]*$/, { error: 'expected [USER@]HOST[:PORT], several separated by commas' })
      .optional()
      .describe('Jump host to go through, as `[USER@]HOST[:PORT]`; several are separated by commas.'),
    become: z.enum(['sudo', 'none']).optional().meta({
      description: '`sudo` runs every command through `sudo -n`; `none` runs as the login user.',
      default: 'sudo',
    }),
    hostKeys: z
      .enum(['strict', 'accept-new'], {
        error:
          'expected strict or accept-new: without a check of the host key an attacker could impersonate the host and receive root commands and the admin token',
      })
      .optional()
      .meta({
        description:
          '`strict` refuses a host whose key is not in known_hosts; `accept-new` records the key of an unknown host. A changed key is always refused.',
        default: 'strict',
      }),
    knownHosts: localPath
      .optional()
      .describe('known_hosts file, relative to this file; absent means that of ssh_config.'),
    transport: z.enum(['ssh2', 'openssh']).optional().meta({
      description: '`ssh2` is built in and fast; `openssh` uses the installed `ssh` with all its features.',
      default: 'ssh2',
    }),
  })
  .meta({ id: 'ssh', description: 'The SSH connection to the host.' });

/** Keys of a host that any layer may set: defaults, profile, host. */
export const hostLayerKeys = {
  ssh: ssh.optional(),
  services: z.enum(['systemd', 'supervisor']).optional().meta({
    description:
      "`systemd` writes units and needs root; `supervisor` is sealctl's own service manager, for containers and hosts without root.",
    default: 'systemd',
  }),
  root: absolutePath
    .optional()
    .describe('Directory of all files that sealctl writes on a host whose `services` is `supervisor`.'),
  gpuRuntime: z.enum(['bare-metal', 'container']).optional().meta({
    description: '`bare-metal` selects GPUs by CUDA_VISIBLE_DEVICES, `container` by NVIDIA_VISIBLE_DEVICES.',
    default: 'bare-metal',
  }),
  keepReleases: z.int().nonnegative().optional().meta({
    description: 'Number of replaced releases to keep on the host. A release that still runs is always kept.',
    default: 2,
  }),
  ...hostSettingKeys,
};

const worker = z
  .strictObject({ profile: profileKey, ...ownWorkerKeys, ...workerLayerKeys })
  .meta({ id: 'worker' });

export const host = z
  .strictObject({
    address: z
      .string()
      .regex(/^[A-Za-z0-9:][A-Za-z0-9.:_%-]*$/, {
        error: 'expected a host name or an IP address, without user and port',
      })
      .optional()
      .describe('Host name or IP address; absent means the name of the entry, as in ssh_config.'),
    profile: profileKey,
    ...hostLayerKeys,
    ...ownWorkerKeys,
    ...workerLayerKeys,
    workers: z
      .record(entryName, worker.nullable())
      .optional()
      .describe(
        "The workers of the host by name. A host with one worker can have the worker's keys directly; that worker's name is `main`.",
      ),
  })
  .meta({ id: 'host' });

export const layer = z.strictObject({ ...hostLayerKeys, ...workerLayerKeys });
