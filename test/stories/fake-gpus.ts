import type { Testbed, TestHost } from './testbed.ts';

/** What listings call the fake GPUs, by index. */
export const gpus = ['Alpha', 'Beta'] as const;

/** `PATH` of a worker that is to find the fake of the driver's program. */
export const pathWithGpus = ({ data }: TestHost): string => `${data}/bin:/usr/bin:/bin`;

/** Installs a fake `nvidia-smi` on a host, which has no GPU, where only workers with `pathWithGpus` look for it. */
export async function installFakeGpus(
  { host, shell }: Pick<Testbed, 'host' | 'shell'>,
  name: string,
): Promise<void> {
  const bin = `${host(name).data}/bin`;
  const lines = gpus.map((gpu, index) => `echo ${index}, GPU-${index}, ${gpu}`).join('\n');
  await shell(
    name,
    `mkdir -p '${bin}' && printf '#!/bin/sh\n%s\n' '${lines}' >'${bin}/nvidia-smi' && chmod 755 '${bin}/nvidia-smi'`,
  );
}
