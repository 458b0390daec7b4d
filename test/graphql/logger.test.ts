import { expect, test } from 'vitest';
import { createLogger } from '../../src/graphql/logger.ts';

function logged(
  level: string,
  write: (logger: ReturnType<typeof createLogger>) => void,
): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  write(createLogger(level, { write: (line) => void lines.push(JSON.parse(line)) }));
  return lines;
}

test('writes a JSON object a line, with what was given and when', () => {
  const [line] = logged('info', (logger) => logger.info({ traceId: 't' }, 'hello'));
  expect(line).toMatchObject({ traceId: 't', msg: 'hello' });
  expect(line?.time).toBeTypeOf('number');
});

test.for([
  { authorization: 'Bearer dd_1_x' },
  { headers: { authorization: 'Bearer dd_1_x', cookie: 'dd_1_x' } },
  { request: { headers: { authorization: 'Bearer dd_1_x' } } },
  { connectionParams: { authorization: 'Bearer dd_1_x' } },
  { key: { secret: 'dd_1_x' } },
])('cuts credentials out of %j', (fields) => {
  const [line] = logged('info', (logger) => logger.info(fields, 'a request'));
  expect(JSON.stringify(line)).not.toContain('dd_1_x');
  expect(JSON.stringify(line)).toContain('[redacted]');
});

test('leaves out what is below its level', () => {
  expect(logged('warn', (logger) => logger.info('hello'))).toEqual([]);
});
