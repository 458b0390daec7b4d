import type { Tx } from '../db/client.ts';
import { publicId, type Uuid } from '../id.ts';
import type { Due } from '../jobs/due.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { writeMail } from '../mail/outbox.ts';
import { cardName, expiryMonth, isExpired, monthToTell, noticeAt } from './expiring-card.ts';

interface ExpiringRow {
  team_id: Uuid;
  team_name: string;
  id: Uuid;
  brand: string | null;
  last4: string | null;
  exp_month: number;
  exp_year: number;
  is_default: boolean;
}

const AT_ONCE = 100;

/**
 * Tells the admins of a team, once a card and expiry, 30 days before the end of the month in which it expires. Needs no
 * job: the mail is written in the transaction that notes that it was told, and no answer of Stripe.
 */
export function expiringCards(jobs: JobQueue): Due {
  return {
    name: 'expiring cards',
    async nextAt({ sql }) {
      const [row] = await sql<{ exp_month: number; exp_year: number }[]>`
        select exp_month, exp_year from payment_methods
        where removed_at is null and expiry_told_at is null and exp_year is not null and exp_month is not null
        order by exp_year, exp_month limit 1`;
      return row && noticeAt({ expMonth: row.exp_month, expYear: row.exp_year });
    },
    async enqueueDue(tx, now) {
      const cards = await takeExpiring(tx, now);
      for (const card of cards) await tell(tx, card, { jobs, now });
      return cards.length;
    },
  };
}

/** Cards that nobody has been told of yet and that expire soon, noted as told. */
async function takeExpiring({ sql }: Tx, now: Date): Promise<ExpiringRow[]> {
  const { year, month } = monthToTell(now);
  return sql<ExpiringRow[]>`
    update payment_methods p set expiry_told_at = ${now.toISOString()}::timestamptz
    from (
      select team_id, id from payment_methods
      where removed_at is null and expiry_told_at is null and (exp_year, exp_month) <= (${year}::int2, ${month}::int2)
      order by exp_year, exp_month limit ${AT_ONCE} for update skip locked
    ) due, teams t
    where p.team_id = due.team_id and p.id = due.id and t.id = p.team_id
    returning p.team_id, t.name as team_name, p.id, p.brand, p.last4, p.exp_month, p.exp_year, p.is_default`;
}

async function tell(tx: Tx, card: ExpiringRow, deps: { jobs: JobQueue; now: Date }): Promise<void> {
  const expiry = { expMonth: card.exp_month, expYear: card.exp_year };
  const name = cardName(card);
  const state = isExpired(expiry, deps.now) ? 'has expired' : 'expires soon';
  const verb = isExpired(expiry, deps.now) ? 'was valid until' : 'is valid until';
  const use = card.is_default ? ' It is the default: automatic payments and plans are paid with it.' : '';
  const mail = {
    teamId: card.team_id,
    to: 'ADMINS' as const,
    subject: `${name} of ${card.team_name} ${state}`,
    text:
      `The ${name} with which ${card.team_name} pays ${verb} the end of ${expiryMonth(expiry)}.${use}\n\n` +
      'Save another card and remove this one, so that no payment fails.',
    dedupeKey: `card-expires:${publicId('paymentMethod', card.id)}:${expiry.expYear}-${expiry.expMonth}`,
  };
  await writeMail(tx, mail, deps);
}
