import type { Testbed } from './testbed.ts';

/** Calls a daemon's own command line on its host, with the program that sealctl put there. */
export async function daemonCommand(
  { layout, shell }: Testbed,
  host: string,
  daemon: 'miner' | `worker-${string}`,
  words: string,
): Promise<string> {
  const { releases, repos } = layout(host);
  const repo =
    daemon === 'miner'
      ? `LOTUS_MINER_PATH='${repos}/miner'`
      : `LOTUS_WORKER_PATH='${repos}/${daemon.slice('worker-'.length)}'`;
  return shell(host, `${repo} '${releases}/current/${daemon}' ${words}`);
}

/** The workers the miner lists, in order of their names: `worker-1`, `worker-2 (disabled)`. The miner itself is left out. */
export async function listedWorkers(testbed: Testbed, minerHost: string): Promise<string[]> {
  const text = await daemonCommand(testbed, minerHost, 'miner', 'sealing workers');
  const miner = await testbed.shell(minerHost, 'uname -n');
  return [...text.matchAll(/^Worker [0-9a-f-]{36}, host (.*)$/gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== miner)
    .toSorted();
}

/** Everything sealctl can have started on these hosts, with its PID. */
export async function pids(
  testbed: Testbed,
  services: readonly (readonly [host: string, service: string])[],
): Promise<Record<string, number | undefined>> {
  const entries = await Promise.all(
    services.map(
      async ([host, service]) => [`${host} ${service}`, await testbed.pid(host, service)] as const,
    ),
  );
  return Object.fromEntries(entries);
}
