import { openFleetTestbed } from './fleet-testbed.ts';
import { pageHosts, sealWorkersPage } from './seal-workers-page.ts';

sealWorkersPage(() => openFleetTestbed(pageHosts));
