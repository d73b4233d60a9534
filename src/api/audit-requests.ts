/** Has the audit trail know of requests that only the scope `admin` may make, whatever came of them. */
import type { FastifyInstance } from 'fastify';
import type { AuditTrail } from '../audit/trail.js';

/** What reads changes nothing; what workers ask for again and again stands in the table of jobs. */
const isNoAct = (method: string, route: string): boolean =>
  method === 'GET' || method === 'HEAD' || /^\/v1\/jobs\/(claim|heartbeat|complete|fail)$/.test(route);

/** Before the answer is sent, as a client that has gone away meanwhile gets none, and has done what it asked for all the same. */
export function auditRequests(app: FastifyInstance, audit: AuditTrail): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const { method, routeOptions, principal, ip, id } = request;
    const { url: route, config } = routeOptions;
    if (route !== undefined && config.access?.scope === 'admin' && !isNoAct(method, route)) {
      const isKnown = reply.statusCode !== 401;
      const actor = isKnown ? (principal?.actor ?? null) : null;
      audit.requested({ actor, method, route, status: reply.statusCode, address: ip, request_id: id });
    }
    done(null, payload);
  });
}
