import pino, { type DestinationStream, type Logger } from 'pino';

/** Where credentials could get into a log line. */
const SECRET_FIELDS = ['authorization', 'cookie', 'connectionParams', 'secret', 'token', 'password'];

/** A logger of JSON lines. Credentials are cut out wherever a field of theirs is logged, two levels deep. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const paths = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
  const options = { level, base: {}, redact: { paths, censor: '[redacted]' } };
  return destination ? pino(options, destination) : pino(options);
}
