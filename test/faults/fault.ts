import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A mistake that somebody could make, kept as a patch, and the test files that have to notice it. */
export interface Fault {
  readonly name: string;
  /** What is wrong, in one line. */
  readonly purpose: string;
  readonly patch: string;
  readonly tests: readonly string[];
}

/** The faults of a folder: patches that begin with the lines `Purpose:` and `Tests:`. */
export function faultsIn(folder: string): Fault[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.patch'));
  return files.sort().map((file) => {
    const patch = readFileSync(join(folder, file), 'utf8');
    const tests = header(file, patch, 'Tests').split(/\s+/);
    return { name: file.slice(0, -'.patch'.length), purpose: header(file, patch, 'Purpose'), patch, tests };
  });
}

function header(file: string, patch: string, name: string): string {
  const text = new RegExp(`^${name}: (.+)$`, 'm').exec(patch)?.[1];
  if (!text) throw new Error(`${file} has no line "${name}: …"`);
  return text;
}
