import { openFleetTestbed } from './fleet-testbed.ts';
import { walkthroughHosts, sealWorkersWalkthrough } from './seal-workers-walkthrough.ts';

sealWorkersWalkthrough(() => openFleetTestbed(walkthroughHosts));
