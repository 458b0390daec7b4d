import { fileURLToPath } from 'node:url';
import { copyTree } from './copied-tree.ts';
import { type Fault, faultsIn } from './fault.ts';

/**
 * Plants each fault in a copy of the project and runs the tests that have to notice it. Ends with 1 when tests stay
 * green, when a patch no longer applies, or when the tests fail without a fault. Names of faults may be given.
 */
const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const AT_ONCE = 2;

interface Verdict {
  readonly name: string;
  readonly isCaught: boolean;
  /** The test that noticed, or why it counts as not noticed. */
  readonly by: string;
  readonly seconds: number;
}

async function main(names: readonly string[]): Promise<boolean> {
  const known = faultsIn(HERE);
  const unknown = names.filter((name) => !known.some((fault) => fault.name === name));
  if (unknown.length > 0) throw new Error(`there is no fault ${unknown.join(', ')}`);
  const faults = names.length === 0 ? known : known.filter(({ name }) => names.includes(name));
  const tests = [...new Set(faults.flatMap((fault) => fault.tests))].sort();
  const healthy = await timed('no fault', () => withoutFault(tests));
  print(healthy, 'the tests pass while nothing is broken');
  if (!healthy.isCaught) return false;
  const verdicts = await judgeAll(faults);
  const missed = verdicts.filter(({ isCaught }) => !isCaught);
  say(`${verdicts.length - missed.length} of ${verdicts.length} faults were noticed`);
  return missed.length === 0;
}

async function withoutFault(tests: readonly string[]): Promise<Omit<Verdict, 'name' | 'seconds'>> {
  const tree = await copyTree(ROOT);
  try {
    const { failed, broken, passed } = await tree.test(tests);
    const wrong = [...failed, ...broken];
    return wrong.length > 0
      ? { isCaught: false, by: wrong.join('\n  ') }
      : { isCaught: passed > 0, by: `${passed} tests pass` };
  } finally {
    tree.remove();
  }
}

async function judgeAll(faults: readonly Fault[]): Promise<Verdict[]> {
  const waiting = [...faults];
  const verdicts: Verdict[] = [];
  const work = async () => {
    for (let fault = waiting.shift(); fault; fault = waiting.shift()) {
      const { name, purpose } = fault;
      const planted = fault;
      const verdict = await timed(name, () => withFault(planted));
      print(verdict, purpose);
      verdicts.push(verdict);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return verdicts;
}

async function withFault({ patch, tests }: Fault): Promise<Omit<Verdict, 'name' | 'seconds'>> {
  const tree = await copyTree(ROOT);
  try {
    await tree.apply(patch);
    const { failed, broken, passed } = await tree.test(tests);
    // A file that does not load notices nothing: the patch is wrong, or the tests are.
    if (broken.length > 0) return { isCaught: false, by: `DOES NOT RUN ${broken.join('\n  ')}` };
    const [first] = failed;
    return first ? { isCaught: true, by: first } : { isCaught: false, by: `NOT NOTICED by ${passed} tests` };
  } catch (error) {
    return { isCaught: false, by: `THE PATCH NO LONGER APPLIES: ${String(error)}` };
  } finally {
    tree.remove();
  }
}

async function timed(
  name: string,
  judge: () => Promise<Omit<Verdict, 'name' | 'seconds'>>,
): Promise<Verdict> {
  const started = performance.now();
  const verdict = await judge();
  return { name, ...verdict, seconds: Math.round((performance.now() - started) / 1000) };
}

function print({ name, isCaught, by, seconds }: Verdict, purpose: string): void {
  say(`${isCaught ? 'ok    ' : 'MISSED'} ${name.padEnd(30)} ${`${seconds} s`.padStart(5)}  ${purpose}`);
  say(`       ${by}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main(process.argv.slice(2)).then(
  (isGood) => process.exit(isGood ? 0 : 1),
  (error: unknown) => {
    say(String(error));
    process.exit(1);
  },
);
