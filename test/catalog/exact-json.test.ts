import { expect, test } from 'vitest';
import { duplicateMembers, ExactNumber, parseExactJson } from '../../src/catalog/exact-json.ts';

test('keeps the text of every number and leaves the rest alone', () => {
  const text =
    '{"a": [3.3333333333333335e-05, 1e-06, -0.10, 12345678901234567890], "b": {"c": true, "d": null, "e": "1e-06"}}';
  expect(parseExactJson(text)).toEqual({
    a: ['3.3333333333333335e-05', '1e-06', '-0.10', '12345678901234567890'].map(
      (each) => new ExactNumber(each),
    ),
    b: { c: true, d: null, e: '1e-06' },
  });
});

test.for(['', '{', '{"a": 01}', '{"a": NaN}', '{"a": 1,}'])('refuses %j', (text) => {
  expect(() => parseExactJson(text)).toThrow(SyntaxError);
});

test('finds members that their object names twice, wherever they are', () => {
  const text = String.raw`{"m": {"x": 1, "y": {"x": 2}, "x": 3}, "l": [{"a": 1, "\u0061": 2}], "q\"": ":{", "m2": {"x": 1}}`;
  expect(duplicateMembers(text)).toEqual([
    ['m', 'x'],
    ['l', '[]', 'a'],
  ]);
});

test('finds none where equal names belong to different objects', () => {
  expect(
    duplicateMembers('{"a": {"x": 1}, "b": {"x": 1}, "c": [{"x": 1}, {"x": "x"}], "x": ["x", "x"]}'),
  ).toEqual([]);
});
