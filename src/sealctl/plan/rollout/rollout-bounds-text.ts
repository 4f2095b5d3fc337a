import type { RolloutSpec } from '../../spec/spec.ts';
import { durationText } from '@sealctl/core/text/units';
import type { RolloutPolicy } from './rollout.ts';

/** Describes the bounds and the order of a rollout for the plan. `down` counts the hosts that cannot be reached. */
export function rolloutBoundsText(spec: RolloutSpec, policy: RolloutPolicy, down: number): string[] {
  const { maxUnavailable, canary, order, keepServing } = policy;
  const already = down === 0 ? '' : `, besides ${hosts(down)} that cannot be reached`;
  return [
    `at most ${hosts(maxUnavailable)} interrupted at once${already}`,
    ...(canary === undefined ? [] : [`canary ${canary} first`]),
    ...(order.length === 0 ? [] : [`${order.join(', ')} before the others`]),
    ...Object.entries(keepServing).map(([code, min]) => `at least ${min} workers keep offering ${code}`),
    ...(spec.healthyForMs === 0 ? [] : [`each must stay up for ${durationText(spec.healthyForMs)}`]),
    ...(spec.pauseMs === 0 ? [] : [`pause of ${durationText(spec.pauseMs)} between waves`]),
  ];
}

function hosts(count: number): string {
  return count === 1 ? 'one host' : `${count} hosts`;
}
