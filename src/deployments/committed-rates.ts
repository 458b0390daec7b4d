import { type Catalog, catalogRevision } from '../catalog/catalog-cache.ts';
import { discountAt, discountedHour } from '../catalog/compute-discount.ts';
import { discountsOf } from '../catalog/compute-discounts.ts';
import { hourlyNano } from '../catalog/instance-price.ts';
import type { Clock } from '../clock.ts';
import { arrayOf } from '../db/arrays.ts';
import type { Reader } from '../db/client.ts';
import type { Uuid } from '../id.ts';
import type { NanoCredits } from '../money.ts';

/**
 * What the deployments of teams cost an hour as long as nothing changes, at the prices of now and by the plan of the team.
 * Teams without are absent.
 */
export async function committedRates(
  reader: Reader,
  teamIds: readonly Uuid[],
  { catalog, clock }: { readonly catalog: Catalog; readonly clock: Clock },
): Promise<Map<Uuid, NanoCredits>> {
  const rows = await reader.sql<{ team_id: Uuid; instance_type_id: Uuid; slots: bigint }[]>`
    select s.team_id, s.instance_type_id, count(*)::int8 as slots
    from unnest(${arrayOf(teamIds)}::uuid[]) as t (id) join deployment_slots s on s.team_id = t.id and s.active
    group by s.team_id, s.instance_type_id`;
  const rates = new Map<Uuid, NanoCredits>();
  if (rows.length === 0) return rates;
  const known = await catalog.snapshot();
  const prices = known.revision === (await catalogRevision(reader)) ? known : await catalog.refresh(reader);
  const discounts = await discountsOf(reader, [...new Set(rows.map(({ team_id }) => team_id))]);
  const now = clock.now();
  for (const { team_id, instance_type_id, slots } of rows) {
    const version = prices.priceAt(instance_type_id, now);
    const discountBps = discountAt(discounts.get(team_id), now);
    const rate = version ? discountedHour(hourlyNano(version.price), discountBps) * slots : 0n;
    rates.set(team_id, (rates.get(team_id) ?? 0n) + rate);
  }
  return rates;
}
