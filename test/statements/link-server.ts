import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect } from 'vitest';
import type { LinkHandler } from '../../src/statements/export-refusal.ts';

/** A server that answers with `handler`, which may be set once what it needs is there. */
export interface LinkServer {
  handler: LinkHandler;
  readonly url: string;
}

/** `const server = useLinkServer();` at the top of a test file. */
export function useLinkServer(): LinkServer {
  let port = 0;
  const server: LinkServer = {
    handler: async () => expect.fail('nobody answers yet'),
    get url() {
      return `http://127.0.0.1:${port}`;
    },
  };
  const http = createServer((request, response) => {
    void server.handler(request, response, new URL(request.url ?? '/', server.url));
  });
  beforeAll(
    () =>
      new Promise<void>((resolve) => {
        http.listen(0, '127.0.0.1', () => {
          // A TCP server that listens has an address with a port.
          port = (http.address() as AddressInfo).port;
          resolve();
        });
      }),
  );
  afterAll(() => {
    http.closeAllConnections();
    http.close();
  });
  return server;
}
