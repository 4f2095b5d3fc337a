import { openSandboxTestbed } from './sandbox-testbed.ts';
import { pageHosts, sealWorkersPage } from './seal-workers-page.ts';

sealWorkersPage(() => openSandboxTestbed(pageHosts));
