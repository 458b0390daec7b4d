import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { creditsOf, nanoOf } from '../../replay/fraction.ts';
import { makePlan } from '../../replay/prepare.ts';
import type { Environment } from '../../replay/product.ts';
import { type RecomputeInput, recompute } from '../../replay/recompute.ts';
import { type RunResult, runReplay } from '../../replay/run.ts';
import { MODELS, PRICES, replayOptions, TRACE, useServers } from './replay-server.ts';

const servers = useServers();
const files = mkdtempSync(join(tmpdir(), 'drawdown-files-'));

afterAll(() => rmSync(files, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly said: string;
}

/** Runs the command as a user does. */
function npmRunReplay(args: readonly string[], environment: Environment = {}): Promise<Ended> {
  const options = { env: { ...process.env, ...environment } };
  const given = ['--import', 'tsx', 'replay/main.ts', ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, given, options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr });
    });
  });
}

const models = MODELS.flatMap((model) => ['--model', model]);
const common = (prices = PRICES) => ['--trace', TRACE, '--prices', prices, ...models, '--teams', '8'];
const server = () => {
  const { url, platformKey, operatorKey } = servers.first;
  return ['--url', url, '--key', platformKey, '--operator-key', operatorKey];
};

describe('the command', () => {
  test('starts a server of its own, sends the trace, and proves what was charged', async () => {
    const { code, said } = await npmRunReplay([...common(), '--speed', '40'], servers.environment);
    expect(said).toMatch(/^Trace {7}trace.csv: 200 requests of 51 s$/m);
    expect(said).toMatch(/^Server {6}http:\/\/127.0.0.1:\d+, started for this run$/m);
    expect(said).toMatch(/^Prices {6}model-prices.json: \d+ models: /m);
    expect(said).toMatch(/^100 % {2}200\/200/m);
    expect(said).toMatch(/^Requests {4}200 in .* s: \d+ a second, by \d+ calls$/m);
    expect(said).toMatch(/^Latency {5}p50 .* ms {3}p90 .* ms {3}p99 .* ms/m);
    expect(said).toMatch(/^Charged {5}\d+ requests, \d+\.\d+ credits$/m);
    expect(said).toMatch(/^Refused {5}\d+ requests: \d+ OUT_OF_CREDITS$/m);
    expect(said).toMatch(/^Grants {6}\d+; [1-9]\d* expired with [\d.]+ credits left; [1-9] of 8 teams/m);
    expect(said).toMatch(/^Live {8}OK: \d+ events by 10 subscriptions/m);
    expect(said).toMatch(/^Verify {6}OK: 8 teams with \d+ entries/m);
    expect(said).toMatch(/^Recomputed {2}OK: \d+ prices, \d+ draws, \d+ refusals/m);
    expect(code).toBe(0);
  });

  test('charges a run that is repeated once', async () => {
    const again = () => npmRunReplay([...common(), ...server(), '--run', 'twice']);
    const first = await again();
    const second = await again();
    const counted = (said: string, name: string) =>
      Number(new RegExp(`^${name} +(\\d+)`, 'm').exec(said)?.[1]);
    expect(first.said).toMatch(/^Recomputed {2}OK/m);
    expect(second.said).toMatch(/^Recomputed {2}OK/m);
    expect(counted(first.said, 'Charged')).toBeGreaterThan(100);
    expect(counted(second.said, 'Replayed')).toBe(counted(first.said, 'Charged'));
    expect([first.code, second.code]).toEqual([0, 0]);
  });

  test('ends with 1 and names the first difference when the server charges other prices', async () => {
    const prices = join(files, 'prices.json');
    writeFileSync(prices, readFileSync(PRICES, 'utf8').replace('1.4e-07', '1.41e-07'));
    const { code, said } = await npmRunReplay([...common(prices), ...server()]);
    expect(said).toMatch(
      /^Recomputed {2}FAILED: team_\w+: charge_\w+ of line \d+, the amount: [\d.]+ expected, [\d.]+ reported$/m,
    );
    expect(code).toBe(1);
  });

  test('says what it cannot use', async () => {
    const trace = join(files, 'bad.csv');
    writeFileSync(trace, 'TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-13 23:59:30,1\n');
    const { code, said } = await npmRunReplay([...common(), '--trace', trace]);
    expect(said).toContain(`${trace}: line 2: must be like`);
    expect(code).toBe(1);
    const unknown = await npmRunReplay([...common(), '--model', 'acme-none']);
    expect(unknown.said).toContain('The price list has no model "acme-none"');
  });
});

describe('the recomputation', () => {
  let input: RecomputeInput;
  let result: RunResult;

  beforeAll(async () => {
    const options = replayOptions({ run: 'planted', speed: 40 });
    result = await runReplay(makePlan(options), options, servers.first);
    input = result.proof.input;
  });

  test('agrees with all that was charged, refused and left', () => {
    const { difference, charges, refusals, draws, totalNano } = recompute(input);
    expect(difference).toBeUndefined();
    const charged = result.answers.filter(({ result: { charge } }) => charge !== null);
    const refused = result.answers.filter(({ result: { error } }) => error?.code === 'OUT_OF_CREDITS');
    expect([charges, refusals]).toEqual([charged.length, refused.length]);
    expect(charged.length + refused.length).toBe(200);
    expect(refused.length).toBeGreaterThan(0);
    expect(draws).toBeGreaterThan(charges);
    const total = charged.reduce((all, { result: { charge } }) => all + nanoOf(charge?.amount ?? '0'), 0n);
    expect(creditsOf(totalNano)).toBe(creditsOf(total));
  });

  type Team = RecomputeInput['teams'][number];
  const oneNano = (amount: string) => creditsOf(nanoOf(amount) + 1n);

  /** The input with one thing changed in the first team that has it. */
  function changed<Key extends keyof Team>(
    key: Key,
    pick: (item: Item<Team[Key]>) => boolean,
    change: (item: Item<Team[Key]>) => Item<Team[Key]>,
  ): RecomputeInput {
    let done = false;
    const swap = (item: Item<Team[Key]>) => {
      if (done || !pick(item)) return item;
      done = true;
      return change(item);
    };
    const teams = input.teams.map((team) => {
      const value = team[key];
      return { ...team, [key]: Array.isArray(value) ? value.map(swap) : value };
    });
    expect(done, 'there is something to change').toBe(true);
    return { ...input, teams };
  }

  type Item<List> = List extends readonly (infer One)[] ? One : never;

  test.for<readonly [string, () => RecomputeInput, RegExp]>([
    [
      'a charge of one nano-credit more',
      () =>
        changed(
          'charges',
          () => true,
          (charge) => ({ ...charge, amount: oneNano(charge.amount) }),
        ),
      /charge_\w+ of line \d+, the amount: /,
    ],
    [
      'a draw of one nano-credit more',
      () =>
        changed(
          'entries',
          ({ kind }) => kind === 'CHARGE',
          (entry) => ({ ...entry, amount: oneNano(entry.amount) }),
        ),
      /entry \d+, its amount: /,
    ],
    [
      'another grant that pays',
      () =>
        changed(
          'charges',
          ({ draws }) => draws?.length === 2,
          (charge) => ({ ...charge, draws: [...(charge.draws ?? [])].reverse() }),
        ),
      /the draws of charge_\w+: /,
    ],
    [
      'a grant with another priority',
      () =>
        changed(
          'grants',
          ({ kind, expiresAt }) => kind === 'PROMOTIONAL' && expiresAt !== null,
          (grant) => ({ ...grant, kind: 'PREPAID' }),
        ),
      /entry \d+, its accounts: /,
    ],
    [
      'an expiry that came too early',
      () =>
        changed(
          'grants',
          ({ expiresAt }) => expiresAt !== null && Date.parse(expiresAt) < Date.now(),
          (grant) => ({ ...grant, expiresAt: '2099-01-01T00:00:00.000Z' }),
        ),
      /entry \d+ ends a grant too early|the draws of charge_\w+: /,
    ],
    [
      'a balance in between',
      () =>
        changed(
          'entries',
          ({ kind }) => kind === 'CHARGE',
          (entry) => ({ ...entry, availableAfter: oneNano(entry.availableAfter) }),
        ),
      /entry \d+, the team's credit: /,
    ],
    [
      'what is left of a grant',
      () =>
        changed(
          'grants',
          () => true,
          (grant) => ({ ...grant, remaining: oneNano(grant.remaining) }),
        ),
      /what remains of grant_\w+: /,
    ],
    [
      'other usage than was sent',
      () =>
        changed(
          'charges',
          () => true,
          (charge) => ({
            ...charge,
            quantities: charge.quantities.map((one) => ({ ...one, quantity: `${one.quantity}1` })),
          }),
        ),
      /what was used: /,
    ],
    [
      'a charge without its parameters',
      () =>
        changed(
          'charges',
          ({ params }) => params.length > 0,
          (charge) => ({ ...charge, params: [] }),
        ),
      /its parameters: /,
    ],
  ])('names %s', ([, planted, message]) => {
    expect(recompute(planted()).difference).toMatch(message);
  });

  test('names an entry that is gone, a balance, a charge twice and a charge that was not answered', () => {
    const withFirst = (change: (team: Team) => Team) => ({
      ...input,
      teams: input.teams.map((team, i) => (i === 0 ? change(team) : team)),
    });
    const cut = withFirst((team) => ({ ...team, entries: team.entries.toSpliced(2, 1) }));
    expect(recompute(cut).difference).toMatch(/entry 4, its number: 3 expected, 4 reported/);
    const richer = withFirst((team) => ({
      ...team,
      balance: { ...team.balance, available: oneNano(team.balance.available) },
    }));
    expect(recompute(richer).difference).toMatch(/available credit: /);
    const twice = withFirst((team) => ({ ...team, charges: [...team.charges, ...team.charges.slice(0, 1)] }));
    expect(recompute(twice).difference).toMatch(/line \d+ was charged twice: /);
    const [line = 0] = input.chargeByLine.keys();
    const other = { ...input, chargeByLine: new Map([...input.chargeByLine, [line, 'charge_other']]) };
    expect(recompute(other).difference).toMatch(`line ${line} was answered with charge_other`);
  });

  test('names a refusal that should have been paid', () => {
    const [refusal] = input.refusals;
    if (!refusal) throw new Error('Nothing was refused.');
    const richer = { ...refusal, available: oneNano(refusal.available) };
    const refusals = input.refusals.map((one) => (one === refusal ? richer : one));
    expect(recompute({ ...input, refusals }).difference).toMatch(
      `the refusal of line ${refusal.line} after entry`,
    );
    const [paid = 0] = input.chargeByLine.keys();
    const both = [...input.refusals, { ...refusal, line: paid }];
    expect(recompute({ ...input, refusals: both }).difference).toMatch(
      `line ${paid} was refused, and charged as`,
    );
  });
});
