import { z } from 'zod';
import { planDocument } from '../../model/plan.ts';

/** JSON Schema (draft 2020-12) of the plan document, for programs that read `sealctl plan --format json`. */
export function planJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(planDocument), undefined, 2)}\n`;
}
