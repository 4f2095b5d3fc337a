import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MadePlan } from '../../src/plan/make-plan.ts';
import { ModelFleet } from '../model/fleet.ts';
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
      { numRuns: 60 },
    );
  });

  it('are reached by a second apply when the first was broken off after any step', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySpec(), arbitrarySpec(), fc.nat({ max: 80 }), async (a, b, most) => {
        const fleet = new ModelFleet();
        await fleet.apply(fleet.plan(a));
        await fleet.apply(fleet.plan(b), most);
        await fleet.apply(fleet.plan(b));
        expect(remaining(fleet.plan(b))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
