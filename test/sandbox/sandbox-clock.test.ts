import { describe, expect, onTestFinished, test } from 'vitest';
import { systemMillis } from '../../src/clock.ts';
import { connect } from '../../src/db/client.ts';
import { demandUnmovedClock, openSandboxClock, SandboxClock } from '../../src/sandbox/sandbox-clock.ts';
import { testDatabase } from '../support/database.ts';

const HOUR_MS = 3_600_000;
const log = { warn: () => undefined };

/** A database with two processes on it. */
async function twoProcesses() {
  const database = await testDatabase();
  const other = connect({ url: database.url, role: 'drawdown_app', poolSize: 4 });
  onTestFinished(async () => {
    await other.close();
    await database.close();
  });
  return { here: database.db, there: other };
}

const hence = (ms: number) => new Date(systemMillis() + ms);

describe('the sandbox clock', () => {
  test('goes with the machine until it is moved, and on from there', async () => {
    const { here } = await twoProcesses();
    let systemMs = Date.UTC(2026, 0, 1);
    const clock = new SandboxClock(here, log, () => systemMs);
    expect(clock.now()).toEqual(new Date('2026-01-01T00:00:00Z'));
    await clock.moveTo(new Date('2026-01-31T12:00:00Z'));
    expect(clock.now()).toEqual(new Date('2026-01-31T12:00:00Z'));
    systemMs += 5;
    expect(clock.now()).toEqual(new Date('2026-01-31T12:00:00.005Z'));
  });

  test('stands where it was moved to in every process that starts later', async () => {
    const { here, there } = await twoProcesses();
    const clock = await openSandboxClock(here, log);
    const at = hence(48 * HOUR_MS);
    await clock.moveTo(at);
    const restarted = await openSandboxClock(there, log);
    expect(restarted.now().getTime()).toBeGreaterThanOrEqual(at.getTime());
    expect(restarted.now().getTime() - clock.now().getTime()).toBeLessThan(1_000);
  });

  test('is moved in the other processes by itself, and they are told', async () => {
    const { here, there } = await twoProcesses();
    const other = await openSandboxClock(there, log);
    const told = new Promise<void>((resolve) => other.onMoved(resolve));
    other.start();
    onTestFinished(() => other.stop());
    const clock = await openSandboxClock(here, log);
    const at = hence(HOUR_MS);
    await clock.moveTo(at);
    await told;
    expect(other.now().getTime()).toBeGreaterThanOrEqual(at.getTime());
  });

  test('is never moved back, also by a process that does not know how far it is', async () => {
    const { here, there } = await twoProcesses();
    const ignorant = await openSandboxClock(there, log);
    const clock = await openSandboxClock(here, log);
    const far = hence(48 * HOUR_MS);
    await clock.moveTo(far);
    await ignorant.moveTo(hence(HOUR_MS));
    expect(ignorant.now().getTime()).toBeGreaterThanOrEqual(far.getTime());
    await clock.moveTo(hence(HOUR_MS));
    const restarted = await openSandboxClock(here, log);
    for (const one of [clock, restarted]) expect(one.now().getTime()).toBeGreaterThanOrEqual(far.getTime());
  });
});

test('outside of sandbox mode a database whose clock was moved is refused, and why is said', async () => {
  const { here } = await twoProcesses();
  await demandUnmovedClock(here);
  const clock = await openSandboxClock(here, log);
  await demandUnmovedClock(here);
  await clock.moveTo(hence(36 * HOUR_MS));
  await expect(demandUnmovedClock(here)).rejects.toThrow(/1\.5 days ahead.*not for real money/);
});
