/**
 * PostgreSQL array literals. A fixed number of statements serves a batch of any size by `unnest`; as text with a cast
 * an array costs the driver one parameter, whatever its length.
 */

type Scalar = string | number | bigint | boolean | null;

/** `{1,2,NULL}`, for values whose text needs no quotes: numbers, booleans, uuids, hex. */
export function arrayOf(values: readonly Scalar[]): string {
  let text = '{';
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (i > 0) text += ',';
    text += value === null || value === undefined ? 'NULL' : String(value);
  }
  return `${text}}`;
}

/** `{"a b","say \"x\"",NULL}`, for any text. */
export function textArrayOf(values: readonly (string | null)[]): string {
  return `{${values.map((value) => (value === null ? 'NULL' : `"${value.replace(/[\\"]/g, '\\$&')}"`)).join(',')}}`;
}

/** Instants in Unix milliseconds as a `timestamptz[]` literal. */
export function instantArrayOf(values: readonly (number | null)[]): string {
  let text = '{';
  let lastMs: number | null = null;
  let lastText = '';
  for (let i = 0; i < values.length; i++) {
    const ms = values[i] ?? null;
    if (i > 0) text += ',';
    if (ms === null) text += 'NULL';
    else {
      // A batch repeats the same few instants.
      if (ms !== lastMs) lastText = new Date(ms).toISOString();
      lastMs = ms;
      text += lastText;
    }
  }
  return `${text}}`;
}

/** Lower-case hex strings as a `bytea[]` literal. */
export function byteaArrayOf(values: readonly string[]): string {
  return values.length === 0 ? '{}' : `{"\\\\x${values.join('","\\\\x')}"}`;
}
