import { shq, unitQuote } from '../../host/quote.ts';
import { noCoreDumpBytes } from '../../host/supervisor/supervisor.ts';
import { taskByCode, type TaskCode } from '@sealctl/core/lotus/task-type';
import type { Daemon } from './daemon.ts';

/** The facts about a daemon that its service manager needs: systemd or the supervisor. */
export interface ServiceDefinition {
  readonly description: string;
  /** Task codes it was started for, in a comment. It separates a change of tasks from any other change. */
  readonly tasks: readonly TaskCode[];
  readonly nofile: number;
  readonly cpus?: string;
  readonly memoryBytes?: number;
  /** GPUs it may use; absent means all. With none, hardening may hide devices and stop NVIDIA's setuid helper. */
  readonly gpus?: readonly string[];
  /** Paths that must be mounted before it starts. */
  readonly mounts: readonly string[];
  /** How long it may take to end after SIGTERM, in seconds; then it is killed. */
  readonly stopTimeoutS: number;
}

/** Seconds between a process's end and its next start: Lotus exits 0 on failure, so every end is followed by a start. */
const restartDelayS = 5;

/** The file that systemd or the supervisor reads; `words` follow the name of the program. */
export function unitText(
  id: string,
  daemon: Daemon,
  definition: ServiceDefinition,
  words: readonly string[],
): string {
  const settings =
    daemon.services === 'systemd'
      ? systemdSettings(daemon, definition, words)
      : supervisorSettings(daemon, definition, words);
  return `# Written by sealctl from cluster.yaml: ${id}. Edits are undone.
${tasksComment}${definition.tasks.join(' ')}
${settings}`;
}

/** Returns the tasks a file of this form was written for, or undefined when it does not list them. */
export function tasksOfUnit(text: string): TaskCode[] | undefined {
  const [, codes] = tasksLine.exec(text) ?? [];
  return codes?.split(' ').flatMap((code) => taskByCode(code)?.code ?? []);
}

/** Settings of a file of this form by name; repeated ones are joined by line breaks. */
export function settingsOfUnit(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^(?:(?<arguments>set -- ?)|(?<name>[A-Za-z_]+)=)(?<value>.*)$/.exec(line);
    const { name = 'arguments', value } = match?.groups ?? {};
    if (value === undefined) continue;
    const before = settings.get(name);
    settings.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  return settings;
}

/** Settings that the manager applies without a restart of the process. */
export function isAppliedLive(setting: string): boolean {
  return liveSettings.has(setting);
}

const liveSettings: ReadonlySet<string> = new Set([
  'Description',
  'Wants',
  'After',
  'RequiresMountsFor',
  'StartLimitIntervalSec',
  'Restart',
  'RestartSec',
  'TimeoutStopSec',
  'KillMode',
  'KillSignal',
  'WantedBy',
  'stop_timeout_s',
  'restart_delay_s',
  'log_max_bytes',
]);

const tasksComment = '# Tasks: ';
const tasksLine = new RegExp(`^${tasksComment}(.*)$`, 'm');

function systemdSettings(daemon: Daemon, definition: ServiceDefinition, words: readonly string[]): string {
  const { cpus, memoryBytes, gpus } = definition;
  const mounts = definition.mounts
    .map((path) => `RequiresMountsFor=${unitQuote(path, 'setting')}\n`)
    .join('');
  const command = [daemon.programLink, ...words].map((word) => unitQuote(word, 'exec')).join(' ');
  const account = daemon.runAs === undefined ? '' : `User=${daemon.runAs}\n`;
  const affinity = cpus === undefined ? '' : `CPUAffinity=${cpus}\n`;
  const memory = memoryBytes === undefined ? '' : `MemoryMax=${memoryBytes}\n`;
  return `[Unit]
Description=${definition.description}
Wants=network-online.target
After=network-online.target
${mounts}StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${command}
EnvironmentFile=${daemon.environmentFile}
UnsetEnvironment=NODE_OPTIONS
${account}Restart=always
RestartSec=${restartDelayS}
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec=${definition.stopTimeoutS}
LimitNOFILE=${definition.nofile}
LimitCORE=${noCoreDumpBytes}
TasksMax=infinity
${affinity}${memory}ProtectSystem=full
ProtectControlGroups=yes
${gpus === undefined || gpus.length > 0 ? '' : hardening}
[Install]
WantedBy=multi-user.target
`;
}

/**
 * Of a daemon that uses no GPU. CUDA loads its kernel module and makes its device nodes by a setuid helper, nvidia-modprobe, so a process
 * that may use GPUs gets nothing that implies NoNewPrivileges= or hides devices. Source: systemd.exec(5).
 */
const hardening = `NoNewPrivileges=yes
PrivateDevices=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
LockPersonality=yes
`;

function supervisorSettings(daemon: Daemon, definition: ServiceDefinition, words: readonly string[]): string {
  const account = daemon.runAs === undefined ? '' : `account=${shq(daemon.runAs)}\n`;
  const cpus = definition.cpus === undefined ? '' : `cpus=${shq(definition.cpus)}\n`;
  return `program=${shq(daemon.programLink)}
${['set --', ...words.map(shq)].join(' ')}
environment=${shq(daemon.environmentFile)}
${account}nofile=${definition.nofile}
${cpus}restart_delay_s=${restartDelayS}
stop_timeout_s=${definition.stopTimeoutS}
`;
}
