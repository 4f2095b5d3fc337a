import { openSandboxTestbed } from './sandbox-testbed.ts';
import { walkthroughHosts, sealWorkersWalkthrough } from './seal-workers-walkthrough.ts';

sealWorkersWalkthrough(() => openSandboxTestbed(walkthroughHosts));
