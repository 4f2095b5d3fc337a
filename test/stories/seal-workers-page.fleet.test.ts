import { openFleetGround } from './fleet-ground.ts';
import { pageHosts, sealWorkersPage } from './seal-workers-page.ts';

sealWorkersPage(() => openFleetGround(pageHosts));
