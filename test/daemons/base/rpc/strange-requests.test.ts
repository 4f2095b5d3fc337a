import fc from 'fast-check';
import { expect, it } from 'vitest';
import { times } from '../../../projects/times.ts';
import { z } from 'zod';
import { answerBody } from '../../../../src/daemons/base/rpc/dispatch.ts';
import { servedMethods } from '../../../../src/daemons/base/rpc/method.ts';
import { rpcErrorCodes } from '../../../../src/core/lotus/rpc-error.ts';

let ran: unknown[][];
const methods = servedMethods<{
  Add: { params: [number, number]; result: number };
  Stop: { params: unknown[]; result: null };
}>({
  Add: {
    permission: 'read',
    params: [z.number(), z.number()],
    run: (params) => {
      ran.push(params);
      return params[0] + params[1];
    },
  },
  Stop: {
    permission: 'admin',
    params: 'any',
    run: (params) => {
      ran.push(params);
      return null;
    },
  },
});
const statuses: readonly number[] = [200, ...Object.values(rpcErrorCodes).map(({ status }) => status)];
const call = { permissions: ['read'] as const, signal: new AbortController().signal };

const request = fc.record(
  {
    jsonrpc: fc.constantFrom('2.0', '1.0'),
    id: fc.jsonValue(),
    method: fc.oneof(
      fc.constantFrom(
        'Filecoin.Add',
        'Filecoin.Stop',
        'Add',
        'Filecoin.toString',
        'Filecoin.__proto__',
        'Filecoin.',
      ),
      fc.jsonValue(),
    ),
    params: fc.oneof(fc.array(fc.oneof(fc.integer(), fc.jsonValue()), { maxLength: 3 }), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  request.map((one) => JSON.stringify(one)),
  fc.array(request, { maxLength: 4 }).map((many) => JSON.stringify(many)),
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.tuple(request, fc.nat()).map(([one, at]) => JSON.stringify(one).slice(0, at)),
);

it('whatever is sent to a daemon is answered with a status and JSON, and runs no method but with its parameters and permission', async () => {
  await fc.assert(
    fc.asyncProperty(body, async (text) => {
      ran = [];
      const reply = await answerBody(methods, text, call);
      expect(statuses).toContain(reply.status);
      if (reply.body !== '') expect(() => JSON.parse(reply.body) as unknown).not.toThrow();
      for (const params of ran) {
        expect(params).toHaveLength(2);
        for (const param of params) expect(param).toBeTypeOf('number');
      }
    }),
    { numRuns: times(2_000) },
  );
});
