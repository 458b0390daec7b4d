import { describe, expect, test } from 'vitest';
import { parseTrace } from '../../replay/trace.ts';

const HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens';

test('reads requests with their lines, tokens and time after the first, whatever ends a line', () => {
  const lines = [HEADER, '2023-11-16 18:15:46.6805900,374,44', '2023-11-16 18:15:50.9951690,396,109'];
  const requests = [
    { line: 2, offsetMs: 0, contextTokens: 374, generatedTokens: 44 },
    { line: 3, offsetMs: 4315, contextTokens: 396, generatedTokens: 109 },
  ];
  for (const end of ['\r\n', '\n']) {
    expect(parseTrace(lines.join(end) + end)).toEqual({ requests, durationMs: 4315 });
    expect(parseTrace(`\uFEFF${lines.join(end)}`)).toEqual({ requests, durationMs: 4315 });
  }
});

test('puts requests in order of time, and those of one time in order of lines', () => {
  const text = `${HEADER}\n2023-11-17 00:00:00,1,1\n2023-11-16 23:59:59.5,2,2\n2023-11-17 00:00:00.0004,3,3\n`;
  expect(parseTrace(text).requests.map(({ line, offsetMs }) => [line, offsetMs])).toEqual([
    [3, 0],
    [2, 500],
    [4, 500],
  ]);
});

describe('names the line that cannot be used', () => {
  const good = '2023-11-16 18:15:46.6805900,374,44';
  test.for([
    ['another header', `TIMESTAMP;ContextTokens;GeneratedTokens\n${good}`, /^line 1: must be "TIMESTAMP,/],
    ['an empty file', '', /^line 1: /],
    ['no request', `${HEADER}\n`, /^line 2: the trace has no request/],
    ['a negative number', `${HEADER}\n${good}\n2023-11-16 18:15:46,-1,44`, /^line 3: .*-1,44/],
    ['a fraction of a token', `${HEADER}\n2023-11-16 18:15:46,1.5,44`, /^line 2: /],
    ['a missing column', `${HEADER}\n${good}\n${good}\n2023-11-16 18:15:46,1`, /^line 4: /],
    ['an empty line inside', `${HEADER}\n${good}\n\n${good}`, /^line 3: .*""/],
    ['a time that does not exist', `${HEADER}\n2023-13-16 18:15:46,1,1`, /^line 2: there is no such time/],
  ] as const)('%s', ([, text, message]) => {
    expect(() => parseTrace(text)).toThrow(message);
  });
});
