import { describe, expect, it } from 'vitest';
import { expectRound, failedApply, restartNeeded } from './faults.ts';
import { apply, expectNothingToDo, plan } from './plans.ts';
import type { Fixture } from './fixture.ts';

const host = 'worker-1';

/** What people do to `sectorstore.json` by hand. */
export function storageFaultStories(fixture: Fixture): void {
  const file = () => `${fixture.testbed.host(host).data}/seal/sectorstore.json`;
  const read = () => fixture.testbed.shell(host, `cat '${file()}'`);
  const edit = (text: string) => fixture.testbed.shell(host, `cat >'${file()}' <<'END'\n${text}\nEND`);

  describe('a sectorstore.json that was edited by hand', () => {
    it.each([
      {
        how: 'with a changed ID',
        broken: (text: string) =>
          JSON.stringify({ ...parsed(text), ID: '11111111-2222-3333-4444-555555555555' }),
        code: 'storage-id-changed',
        says: /^the ID of storage path .*\/seal was changed on the host$/,
      },
      {
        how: 'into invalid JSON',
        broken: (text: string) => text.slice(0, -3),
        code: 'storage-file-broken',
        says: /sectorstore\.json cannot be used$/,
      },
    ])(
      'a sectorstore.json edited $how is refused and left unchanged, and the other host is applied',
      async ({ broken, code, says }) => {
        const { testbed } = fixture;
        const whole = await read();
        await edit(broken(whole));
        let round: string;
        try {
          const planned = await plan(testbed);
          expect(planned.code).toBe(1);
          expect(planned.document.hosts.find((each) => each.host === host)?.findings).toContainEqual(
            expect.objectContaining({ code, severity: 'error', summary: expect.stringMatching(says) }),
          );
          round = restartNeeded(fixture, [host, 'worker-2']);
          const { out } = await failedApply(testbed);
          expect(out).toContain('worker-2: done in');
          expect(out).not.toContain('worker-1: started');
          expect((await read()).trim()).toBe(broken(whole).trim());
        } finally {
          await edit(whole);
        }
        await expectRound(testbed, [host, 'worker-2'], round);
        expect(parsed(await read())).toEqual(parsed(whole));
      },
    );

    it('unknown fields of sectorstore.json survive a change of a known field', async () => {
      const { testbed, cluster } = fixture;
      await edit(JSON.stringify({ ...parsed(await read()), Comment: 'rack 7', Nested: { disks: [1, 2] } }));
      await expectNothingToDo(testbed);
      cluster.edit((draft) => {
        draft.hosts[host] = {
          ...draft.hosts[host],
          storage: [{ path: `${testbed.host(host).data}/seal`, use: 'seal', weight: 7 }],
        };
      });
      await apply(testbed);
      expect(parsed(await read())).toMatchObject({ Weight: 7, Comment: 'rack 7', Nested: { disks: [1, 2] } });
    });
  });
}

function parsed(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}
