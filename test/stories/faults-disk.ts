import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostKeys } from './cluster-file.ts';
import { expectRound, failedApply, restartNeeded, workerService } from './faults.ts';
import type { FleetTestbed } from './fleet-testbed.ts';
import { built } from './testbed.ts';
import { apply, plan } from './plans.ts';
import type { Fixture } from './fixture.ts';

const host = 'worker-1';
/** Puts a small disk over a directory, with the same content. */
const smallDisk = (directory: string, size: string) =>
  `mkdir -p /run/small && mount -t tmpfs -o size=${size},mode=0755 small /run/small && cp -a '${directory}/.' /run/small/ && mount --bind /run/small '${directory}'`;
const removeDisk = (directory: string) => `umount '${directory}' && umount /run/small`;

/** Disks that are full, read-only or not there. */
export function diskFaultStories(fixture: Fixture<FleetTestbed>): void {
  describe('a disk that is full', () => {
    it('a full disk during an upload is reported with host and path; the worker keeps running, and no part of the program stays', async () => {
      const { testbed, cluster } = fixture;
      const before = await testbed.pid(host, workerService);
      const file = join(testbed.workspace, 'seal-worker');
      writeFileSync(file, Buffer.concat([readFileSync(built('seal-worker')), Buffer.from('full')]), {
        mode: 0o755,
      });
      const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
      const directory = `${testbed.layout(host).releases}/${sha256}`;
      cluster.edit((draft) => {
        draft.releases = { ...draft.releases, full: { worker: { file, sha256 } } };
        hostKeys(draft, host).release = 'full';
      });
      await testbed.shell(host, `mkdir -p '${directory}' && ${smallDisk(directory, '8m')}`);
      const { out, err } = await failedApply(testbed);
      expect(out).toMatch(/^worker-1: step \d+: .*: FAILED: /m);
      expect(err).toContain('No space left on device');
      expect(err).toContain(`--> host worker-1, ${directory}/seal-worker`);
      expect(await testbed.shell(host, `ls -A '${directory}'`)).toBe('');
      expect(await testbed.pid(host, workerService)).toBe(before);
      await testbed.shell(host, removeDisk(directory));
      await apply(testbed);
      const pid = await testbed.pid(host, workerService);
      expect(await testbed.shell(host, `readlink /proc/${pid}/exe`)).toBe(`${directory}/seal-worker`);
    });

    it('a full disk for configuration is found before the worker is stopped, and the next apply resumes', async () => {
      const { testbed } = fixture;
      const { environment } = testbed.layout(host);
      const file = `${environment}/worker-main.env`;
      const before = await testbed.shell(host, `cat '${file}'`);
      const pid = await testbed.pid(host, workerService);
      const round = restartNeeded(fixture, [host, 'worker-2']);
      await testbed.shell(
        host,
        `${smallDisk(environment, '64k')} && { cat /dev/zero >'${environment}/filler' 2>/dev/null || :; }`,
      );
      const { out, err } = await failedApply(testbed);
      expect(out).toContain(
        `FAILED: nothing can be written in ${environment}: the file system is full; no daemon was stopped`,
      );
      expect(err).toContain(`--> host worker-1, ${environment}`);
      expect(out).toContain('worker-2: done in');
      expect(await testbed.shell(host, `cat '${file}'`)).toBe(before);
      expect(await testbed.pid(host, workerService)).toBe(pid);
      await testbed.shell(host, removeDisk(environment));
      await expectRound(testbed, [host, 'worker-2'], round);
    });
  });

  describe('a file system that has become read-only', () => {
    it('a read-only file system is reported before the worker is stopped, and the next apply resumes', async () => {
      const { testbed } = fixture;
      const { environment } = testbed.layout(host);
      const pid = await testbed.pid(host, workerService);
      const round = restartNeeded(fixture, [host]);
      await testbed.shell(
        host,
        `mount --bind '${environment}' '${environment}' && mount -o remount,bind,ro '${environment}'`,
      );
      const { out, err } = await failedApply(testbed);
      expect(out).toMatch(
        /^worker-1: step \d+: .*: FAILED: nothing can be written in \/etc\/sealctl: the file system is read-only/m,
      );
      expect(err).toContain('remount it writable');
      expect(await testbed.pid(host, workerService)).toBe(pid);
      await testbed.shell(host, `umount '${environment}'`);
      await expectRound(testbed, [host], round);
    });
  });

  describe('a storage disk that is not mounted', () => {
    it('an unmounted storage disk is refused, nothing is created in its place, and its sectors return with it', async () => {
      const { testbed, cluster } = fixture;
      const disk = `${testbed.host(host).data}/disk`;
      await testbed.shell(host, `mkdir -p /srv/device '${disk}' && mount --bind /srv/device '${disk}'`);
      cluster.edit((draft) => {
        const keys = hostKeys(draft, host);
        keys.storage = [...(keys.storage ?? []), { path: disk, use: 'store', mount: true }];
      });
      await apply(testbed);
      const store = await testbed.shell(host, `cat '${disk}/sectorstore.json'`);
      await testbed.shell(host, `umount -l '${disk}'`);
      const { code, document } = await plan(testbed);
      expect(code).toBe(1);
      expect(document.hosts.find((planned) => planned.host === host)?.findings).toContainEqual(
        expect.objectContaining({ code: 'mount-missing', summary: `nothing is mounted at ${disk}` }),
      );
      const round = restartNeeded(fixture, [host, 'worker-2']);
      const { out } = await failedApply(testbed);
      expect(out).toContain('worker-2: done in');
      expect(out).not.toContain('worker-1: started');
      expect(await testbed.shell(host, `ls -A '${disk}'`)).toBe('');
      await testbed.shell(host, `mount --bind /srv/device '${disk}'`);
      await expectRound(testbed, [host], round);
      expect(await testbed.shell(host, `cat '${disk}/sectorstore.json'`)).toBe(store);
      cluster.edit((draft) => {
        const keys = hostKeys(draft, host);
        keys.storage = keys.storage?.filter((storage) => storage.path !== disk);
      });
      await apply(testbed);
      expect(await testbed.shell(host, `cat '${disk}/sectorstore.json'`)).toBe(store);
      await testbed.shell(host, `umount -l '${disk}'`);
    });
  });
}
