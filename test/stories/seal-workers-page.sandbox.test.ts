import { openSandboxGround } from './sandbox-ground.ts';
import { pageHosts, sealWorkersPage } from './seal-workers-page.ts';

sealWorkersPage(() => openSandboxGround(pageHosts));
