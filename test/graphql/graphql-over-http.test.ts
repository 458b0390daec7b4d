import { type AuditFail, auditServer } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer } from './running-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.app.close());

test('passes every requirement of the audit of GraphQL over HTTP', async () => {
  const results = await auditServer({
    url: `${server.url}/graphql`,
    // GET requests without a content type need it: that is the guard against CSRF.
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...init.headers, 'apollo-require-preflight': 'true' } }),
  });
  const failed = results.filter((result): result is AuditFail => result.status !== 'ok');
  expect(failed.map(({ id, name, reason }) => `${id} ${name}: ${reason}`)).toEqual([]);
  expect(results).toHaveLength(61);
});
