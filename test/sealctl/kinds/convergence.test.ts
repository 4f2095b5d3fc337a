import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { times } from '../../projects/times.ts';
import type { MadePlan } from '../../../src/sealctl/plan/make-plan.ts';
import { ModelFleet } from '../model/fleet.ts';
import type { ModelHost } from '../model/host.ts';
import { arbitrarySpec } from '../model/spec-arbitrary.ts';

/** What a plan would still do to what the kinds manage. The inventory, which follows the hosts, is the planner's own. */
function remaining(plan: MadePlan): unknown {
  return plan.document.hosts.flatMap(({ host, changes }) =>
    changes.filter(({ kind }) => kind !== 'inventory').map((change) => ({ host, change })),
  );
}

describe('any two specs', () => {
  it('are each reached by one apply, whichever came before', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySpec(), arbitrarySpec(), async (a, b) => {
        const fleet = new ModelFleet();
        await fleet.apply(fleet.plan(a));
        expect(remaining(fleet.plan(a))).toEqual([]);
        await fleet.apply(fleet.plan(b));
        expect(remaining(fleet.plan(b))).toEqual([]);
      }),
      { numRuns: times(60) },
    );
  });

  it('are reached by a second apply when the first was broken off after any step', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySpec(), arbitrarySpec(), fc.nat({ max: 80 }), async (a, b, limit) => {
        const fleet = new ModelFleet();
        await fleet.apply(fleet.plan(a));
        await fleet.apply(fleet.plan(b), limit);
        await fleet.apply(fleet.plan(b));
        expect(remaining(fleet.plan(b))).toEqual([]);
      }),
      { numRuns: times(60) },
    );
  });
});

describe('a host that somebody has edited', () => {
  it('is as wanted again after one apply, whatever of ours was edited, deleted or stopped', async () => {
    const act = fc.constantFrom('edit', 'delete', 'stop', 'turn');
    await fc.assert(
      fc.asyncProperty(arbitrarySpec(), fc.array(fc.tuple(fc.nat(), act)), async (spec, acts) => {
        const fleet = new ModelFleet();
        await fleet.apply(fleet.plan(spec));
        const hosts = [...fleet.hosts.values()];
        for (const [pick, what] of acts) {
          const host = hosts[pick % hosts.length];
          if (host === undefined) continue;
          disturb(host, pick, what);
        }
        await fleet.apply(fleet.plan(spec));
        expect(remaining(fleet.plan(spec))).toEqual([]);
      }),
      { numRuns: times(60) },
    );
  });
});

/** Files that sealctl writes whole: the others hold identities, which it refuses to guess. */
function disturb(host: ModelHost, pick: number, what: 'edit' | 'delete' | 'stop' | 'turn'): void {
  const ours = host.manifest.filter(({ kind }) =>
    ['environment', 'unit', 'limits', 'logs', 'release'].includes(kind),
  );
  const entry = ours[pick % Math.max(1, ours.length)];
  const daemon = [...host.daemons.values()][pick % Math.max(1, host.daemons.size)];
  if (what === 'stop') daemon?.stop();
  if (entry === undefined) return;
  const file = host.files.get(entry.path);
  if (what === 'delete') host.delete(entry.path);
  if (what === 'edit' && file?.type === 'file') host.edit(entry.path, `${file.content}EXTRA="1"\n`);
  if (what === 'turn' && file?.type === 'link') {
    host.files.set(entry.path, { type: 'link', target: '/usr/bin/false' });
  }
}
