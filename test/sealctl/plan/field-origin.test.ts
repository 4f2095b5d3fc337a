import { expect, it } from 'vitest';
import { ModelFleet } from '../model/fleet.ts';
import { clusterOf, specOf } from '../spec/loading.ts';

const cluster = (limit: number) =>
  specOf(
    clusterOf(`hosts:\n  m: {}\n  w:\n    release: r1\n    tasks: [C2]\n    limits:\n      C2: ${limit}\n`),
  );

it('a planned field says where in cluster.yaml its value stands, in plain data that can be saved', async () => {
  const fleet = new ModelFleet();
  await fleet.apply(fleet.plan(cluster(1)));
  const { document } = fleet.plan(cluster(2));
  const fields = document.hosts.flatMap(({ changes }) => changes.flatMap((change) => change.fields));
  const range = { file: 'cluster.yaml', line: 14, column: 7, endLine: 14, endColumn: 9 };
  expect(fields).toContainEqual(
    expect.objectContaining({ origin: { layer: 'host', path: 'hosts.w.limits.C2', range } }),
  );
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
});
