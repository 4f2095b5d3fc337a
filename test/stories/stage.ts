import { afterAll, beforeAll } from 'vitest';
import type { ClusterFile } from '../../src/sealctl/spec/schema/cluster.ts';
import { beginCluster, type EditedCluster, type Ground } from './cluster-file.ts';
import { built, type StoryGround } from './ground.ts';

/** What the stories of one test file share, one after the other: the hosts, and the cluster file that is edited as they go on. */
export interface Stage<AnyGround extends StoryGround = StoryGround> {
  readonly ground: AnyGround;
  readonly cluster: EditedCluster;
}

/** A stage that opens before the first test of the file and closes after the last. Only tests may look at it. */
export function openStage<AnyGround extends StoryGround>(
  open: () => Promise<AnyGround>,
  first: (ground: Ground) => ClusterFile,
): Stage<AnyGround> {
  let stage: Stage<AnyGround> | undefined;
  beforeAll(async () => {
    const ground = await open();
    const file = first({ ...ground, release: built('release.json') });
    stage = { ground, cluster: beginCluster(ground, file) };
  });
  afterAll(async () => stage?.ground.close());
  const opened = (): Stage<AnyGround> => {
    if (stage === undefined) throw new Error('the stage opens when the first test begins');
    return stage;
  };
  return {
    get ground() {
      return opened().ground;
    },
    get cluster() {
      return opened().cluster;
    },
  };
}
