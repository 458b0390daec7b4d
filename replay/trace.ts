/** One request of a trace. */
export interface TraceRequest {
  /** Its line in the file, counted from 1. */
  readonly line: number;
  /** Milliseconds after the first request of the trace. */
  readonly offsetMs: number;
  readonly contextTokens: number;
  readonly generatedTokens: number;
}

/** Requests in order of time. */
export interface Trace {
  readonly requests: readonly TraceRequest[];
  /** From the first request to the last, in milliseconds. */
  readonly durationMs: number;
}

const HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens';
const LINE = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?,(\d{1,9}),(\d{1,9})$/;

/**
 * Reads a trace in the format of the Azure LLM inference traces. Line ends may be those of Windows, and digits of a
 * time finer than a millisecond are cut off.
 * @throws Error that names the line which cannot be used.
 */
export function parseTrace(text: string): Trace {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines[0] !== HEADER) throw new Error(`line 1: must be "${HEADER}".`);
  const read = lines.slice(1).map((line, index) => readLine(line, index + 2));
  const firstMs = read.reduce((least, { atMs }) => Math.min(least, atMs), Number.POSITIVE_INFINITY);
  const requests = read
    .map(({ atMs, ...request }) => ({ ...request, offsetMs: atMs - firstMs }))
    .sort((a, b) => a.offsetMs - b.offsetMs || a.line - b.line);
  const last = requests.at(-1);
  if (!last) throw new Error('line 2: the trace has no request.');
  return { requests, durationMs: last.offsetMs };
}

function readLine(text: string, line: number): Omit<TraceRequest, 'offsetMs'> & { atMs: number } {
  const match = LINE.exec(text);
  if (!match) {
    throw new Error(`line ${line}: must be like "2023-11-16 18:15:46.6805900,374,44", not ${quoted(text)}.`);
  }
  const [, year, month, day, hour, minute, second, fraction = '', context, generated] = match;
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds(fraction)}Z`);
  if (Number.isNaN(atMs)) throw new Error(`line ${line}: there is no such time: ${quoted(text)}.`);
  return { line, atMs, contextTokens: Number(context), generatedTokens: Number(generated) };
}

function milliseconds(fraction: string): string {
  return fraction.slice(0, 3).padEnd(3, '0');
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
