import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll } from 'vitest';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body as they came. */
  readonly source: string;
}

/** A mail server on this machine that takes everything but what `refuse` answers a reply for. */
export interface MailServer {
  readonly url: string;
  readonly received: ReceivedMail[];
  /** The reply to a recipient instead of taking it: 4xx for now, 5xx for good. */
  refuse: ((address: string) => number | undefined) | undefined;
}

/** `const server = useMailServer();` at the top of a test file. */
export function useMailServer(): MailServer {
  let port = 0;
  const server: MailServer = {
    received: [],
    refuse: undefined,
    get url() {
      return `smtp://127.0.0.1:${port}`;
    },
  };
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo({ address }, _session, done) {
      const code = server.refuse?.(address);
      done(code === undefined ? null : Object.assign(new Error('refused'), { responseCode: code }));
    },
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        server.received.push({
          from: envelope.mailFrom ? envelope.mailFrom.address : '',
          to: envelope.rcptTo.map(({ address }) => address),
          source: Buffer.concat(chunks).toString('utf8'),
        });
        done();
      });
    },
  });
  beforeAll(
    () =>
      new Promise<void>((resolve) => {
        const listening = smtp.listen(0, '127.0.0.1', () => {
          // A TCP server that listens has an address with a port.
          port = (listening.address() as AddressInfo).port;
          resolve();
        });
      }),
  );
  afterAll(() => new Promise<void>((resolve) => smtp.close(resolve)));
  return server;
}

/** The value of a header of a mail, unfolded. */
export function headerOf({ source }: ReceivedMail, name: string): string | undefined {
  const head = source.slice(0, source.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  return new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim();
}
