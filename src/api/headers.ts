/** Headers of every answer. */
import type { FastifyReply, FastifyRequest } from 'fastify';

export function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id);
  reply.header('x-content-type-options', 'nosniff');
  reply.header('cache-control', 'no-store');
  reply.header('cross-origin-resource-policy', 'same-origin');
  reply.header('cross-origin-opener-policy', 'same-origin');
  reply.header('vary', 'Origin, Sec-Fetch-Site');
}
