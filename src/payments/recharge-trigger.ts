import { type Fact, inTransaction } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import { isRechargeWanted } from '../ledger/posted.ts';
import type { PaymentDeps } from './payment-deps.ts';

/**
 * Has a team recharged as soon as this process has committed that it wants to be. What it misses, because it stops or the
 * database is away, is in the wallets, where `rechargesDue` finds it.
 */
export class RechargeTrigger {
  private readonly running = new Map<Uuid, Promise<void>>();
  private stopListening: (() => void) | undefined;

  constructor(private readonly deps: Pick<PaymentDeps, 'db' | 'jobs' | 'log'>) {}

  start(): void {
    this.stopListening = this.deps.db.onCommitted((facts) => this.hear(facts));
  }

  /** Resolves when what was begun is done. */
  async stop(): Promise<void> {
    this.stopListening?.();
    await Promise.all(this.running.values());
  }

  private hear(facts: readonly Fact[]): void {
    const wanted = facts.flatMap((fact) => (isRechargeWanted(fact) ? [fact.teamId] : []));
    for (const teamId of new Set(wanted)) if (!this.running.has(teamId)) this.enqueue(teamId);
  }

  private enqueue(teamId: Uuid): void {
    const { db, jobs, log } = this.deps;
    const done = inTransaction(db, (tx) => jobs.enqueue(tx, 'recharge', { teamId }))
      .catch((error: unknown) => log.warn({ err: error, teamId }, 'a recharge is begun later'))
      .finally(() => this.running.delete(teamId));
    this.running.set(teamId, done);
  }
}
