import { z } from 'zod';
import { account, absolutePath, entryName, localPath, port } from './scalars.ts';
import { hostSettingKeys } from '../settings/index.ts';
import { ownWorkerKeys, profileKey, workerLayerKeys } from './worker.ts';

const ssh = z
  .strictObject({
    user: account.optional().describe('Login name; absent means what ssh_config or the local login says.'),
    port: port.optional().describe('Port of the SSH server; absent means what ssh_config says, or 22.'),
    identityFile: localPath
      .optional()
      .describe('Private key file, relative to this file; `~/` means the home directory.'),
    proxyJump: z
      .string()
      .regex(/^[^\s-][^\s]*$/, { error: 'wanted [USER@]HOST[:PORT], several separated by commas' })
      .optional()
      .describe('Jump host to go through, as `[USER@]HOST[:PORT]`; several are separated by commas.'),
    become: z.enum(['sudo', 'none']).optional().meta({
      description: '`sudo` runs every command through `sudo -n`; `none` runs as the login user.',
      default: 'sudo',
    }),
    hostKeys: z
      .enum(['strict', 'accept-new'], {
        error:
          'only strict and accept-new are choices: without a check of the host key anyone on the way could pose as the host and take root commands and the admin token',
      })
      .optional()
      .meta({
        description:
          '`strict` refuses a host whose key is not in known_hosts; `accept-new` records the key of a host never seen before. A changed key is always refused.',
        default: 'strict',
      }),
    knownHosts: localPath
      .optional()
      .describe('known_hosts file, relative to this file; absent means what ssh_config says.'),
    transport: z.enum(['ssh2', 'openssh']).optional().meta({
      description: '`ssh2` is built in and fast; `openssh` uses the installed `ssh`, with all it supports.',
      default: 'ssh2',
    }),
  })
  .meta({ id: 'ssh', description: 'How sealctl reaches the host.' });

/** Keys of a host that any layer may set: defaults, profile, host. */
export const hostLayerKeys = {
  ssh: ssh.optional(),
  services: z.enum(['systemd', 'supervisor']).optional().meta({
    description:
      '`systemd` writes units and needs root; `supervisor` is a small one of sealctl, for containers and hosts without root.',
    default: 'systemd',
  }),
  root: absolutePath
    .optional()
    .describe('Directory that holds everything sealctl puts on a host whose `services` is `supervisor`.'),
  gpuRuntime: z.enum(['bare-metal', 'container']).optional().meta({
    description: '`bare-metal` selects GPUs by CUDA_VISIBLE_DEVICES, `container` by NVIDIA_VISIBLE_DEVICES.',
    default: 'bare-metal',
  }),
  keepReleases: z.int().nonnegative().optional().meta({
    description: 'How many replaced releases stay on the host. One that still runs always stays.',
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
        error: 'wanted a host name or an IP address, without user and port',
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
        'The workers of the host by name, where there are several. A host with one worker has its keys directly; it is called `main`.',
      ),
  })
  .meta({ id: 'host' });

export const layer = z.strictObject({ ...hostLayerKeys, ...workerLayerKeys });
