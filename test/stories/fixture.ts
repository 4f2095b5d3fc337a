import { afterAll, beforeAll } from 'vitest';
import type { ClusterFile } from '../../src/sealctl/spec/schema/cluster.ts';
import { beginCluster, type EditedCluster, type ClusterBase } from './cluster-file.ts';
import { built, type Testbed } from './testbed.ts';

/** What the stories of one test file share, one after the other: the hosts, and the cluster file that is edited as they go on. */
export interface Fixture<AnyTestbed extends Testbed = Testbed> {
  readonly testbed: AnyTestbed;
  readonly cluster: EditedCluster;
}

/** A fixture that opens before the first test of the file and closes after the last. Only tests may look at it. */
export function openFixture<AnyTestbed extends Testbed>(
  open: () => Promise<AnyTestbed>,
  first: (testbed: ClusterBase) => ClusterFile,
): Fixture<AnyTestbed> {
  let fixture: Fixture<AnyTestbed> | undefined;
  beforeAll(async () => {
    const testbed = await open();
    const file = first({ ...testbed, release: built('release.json') });
    fixture = { testbed, cluster: beginCluster(testbed, file) };
  });
  afterAll(async () => fixture?.testbed.close());
  const opened = (): Fixture<AnyTestbed> => {
    if (fixture === undefined) throw new Error('the fixture opens when the first test begins');
    return fixture;
  };
  return {
    get testbed() {
      return opened().testbed;
    },
    get cluster() {
      return opened().cluster;
    },
  };
}
