import type { FastifyInstance } from 'fastify';
import type { FsStat } from '@sealctl/core/lotus/rpc-values';
import type { Admit } from './http-server.ts';

/** Serves `/remote/stat/ID`: the free space of one of this daemon's storage paths. Source: docs/spec/lotus.md section 11.1. */
export function serveRemoteStat(
  app: FastifyInstance,
  admit: Admit,
  stat: (id: string) => Promise<FsStat | undefined>,
): void {
  app.get<{ Params: { id: string } }>('/remote/stat/:id', async (request, reply) => {
    if (!(await admit(request, 'admin')))
      return reply.code(401).send({ Error: 'unauthorized: missing admin permission' });
    const space = await stat(request.params.id);
    return space === undefined ? reply.code(404).send() : reply.send(space);
  });
}
