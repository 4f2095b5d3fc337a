/** A cluster file of so many hosts, each with two workers. */
export function clusterText(count: number): string {
  const head = `version: 1
cluster: bench
actor: f01000
sectorSize: 32GiB
releases:
  one: { worker: { file: w, sha256: ${'a'.repeat(64)} }, miner: { file: m, sha256: ${'b'.repeat(64)} } }
taskSets: { precommit: [AP, PC1, PC2] }
defaults: { release: one, env: { FIL_PROOFS_PARAMETER_CACHE: /mnt/params } }
miner: { host: h0, listen: 10.0.0.1:2345, tasks: [] }
hosts:
`;
  return head + Array.from({ length: count }, (_, index) => hostText(index)).join('');
}

function hostText(index: number): string {
  const address = `10.${1 + Math.floor(index / 62_500)}.${Math.floor(index / 250) % 250}.${1 + (index % 250)}`;
  return `  h${index}:
    address: ${address}
    workers:
      a:
        tasks: precommit
        limits: { PC1: 4, PC2: 1 }
        cpus: 0-31
        memory: 256GiB
        gpus: []
        listen: ${address}:3456
        storage: [{ path: /mnt/a, use: seal }]
      b:
        tasks: [C2]
        limits: { C2: 1 }
        cpus: 32-63
        memory: 256GiB
        gpus: [0]
        listen: ${address}:3457
`;
}
