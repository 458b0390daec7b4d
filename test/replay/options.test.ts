import { describe, expect, test } from 'vitest';
import { readOptions } from '../../replay/options.ts';

const NEEDED = ['--trace', 't.csv', '--prices', 'p.json', '--model', 'a', '--teams', '3'];
const read = (...args: string[]) => readOptions([...NEEDED, ...args], () => 'run-1');

test('needs a trace, prices, a model and a number of teams, and has defaults for the rest', () => {
  expect(read('--model', 'b')).toEqual({
    trace: 't.csv',
    prices: 'p.json',
    models: ['a', 'b'],
    teams: 3,
    speed: 0,
    server: undefined,
    run: 'run-1',
    seed: '1',
    batch: 20,
    concurrency: 16,
    limit: Number.POSITIVE_INFINITY,
    patienceMs: 60_000,
  });
});

test('takes a running server with its keys', () => {
  const options = read(
    '--url',
    'http://h:4000/graphql',
    '--key',
    'p',
    '--operator-key',
    'o',
    '--run',
    'again',
  );
  expect(options?.server).toEqual({ url: 'http://h:4000', platformKey: 'p', operatorKey: 'o' });
  expect(options?.run).toBe('again');
});

test('asks for help without needing anything', () => {
  expect(readOptions(['--help'], () => '')).toBeUndefined();
});

describe('says what is wrong with', () => {
  test.for([
    [[], /--model is missing/],
    [['--model', 'a'], /--trace is missing/],
    [[...NEEDED, '--teams', '0'], /--teams must be a whole number from 1 to 10000/],
    [[...NEEDED, '--batch', '1001'], /--batch must be a whole number from 1 to 1000/],
    [[...NEEDED, '--speed', 'fast'], /--speed must be a number/],
    [[...NEEDED, '--url', 'http://h'], /--key is missing/],
    [[...NEEDED, '--url', 'h:1', '--key', 'p', '--operator-key', 'o'], /--url must be like/],
    [[...NEEDED, '--key', 'p'], /--url is missing/],
    [[...NEEDED, '--spede', '1'], /--spede/],
  ] as const)('%j', ([args, message]) => {
    expect(() => readOptions(args, () => '')).toThrow(message);
  });
});
