import clock from './fill-ins/clock.graphql?raw';
import newestCharge from './fill-ins/newest-charge.graphql?raw';
import newestDeployment from './fill-ins/newest-deployment.graphql?raw';
import newestRefund from './fill-ins/newest-refund.graphql?raw';
import newestRun from './fill-ins/newest-run.graphql?raw';
import newestTopUp from './fill-ins/newest-top-up.graphql?raw';
import openHold from './fill-ins/open-hold.graphql?raw';
import { IN_AN_HOUR, PLACEHOLDERS, TAG } from './placeholders.ts';

/** What the server knows and the variables of an example lack. */
export interface FillIn {
  /** Stands in the variables until then. */
  readonly placeholder: string;
  /** Asks for it, of the demo's team. */
  readonly query: string;
  /** Looks for it in an answer as text, whatever else an answer or a refusal says. */
  find(answer: string): string | undefined;
}

const HOUR_MS = 3_600_000;
const TAGGED_HOLD = new RegExp(
  `"id":"(hold_[^"]+)","tags":\\[\\{"name":"${TAG.name}","value":"${TAG.value}"`,
);

/** All that examples leave open. */
export const FILL_INS: readonly FillIn[] = [
  { placeholder: PLACEHOLDERS.charge, query: newestCharge, find: firstOf(/"(charge_[^"]+)"/) },
  // The demo's own traffic holds credit, too: an example settles what an example has placed.
  { placeholder: PLACEHOLDERS.hold, query: openHold, find: firstOf(TAGGED_HOLD) },
  { placeholder: PLACEHOLDERS.run, query: newestRun, find: firstOf(/"(run_[^"]+)"/) },
  { placeholder: PLACEHOLDERS.deployment, query: newestDeployment, find: firstOf(/"(deploy_[^"]+)"/) },
  { placeholder: PLACEHOLDERS.topUp, query: newestTopUp, find: firstOf(/"(topup_[^"]+)"/) },
  { placeholder: PLACEHOLDERS.refund, query: newestRefund, find: firstOf(/"(refund_[^"]+)"/) },
  { placeholder: IN_AN_HOUR, query: clock, find: hourAfterNow },
];

/** The variables with all that can be found in place of placeholders; `ask` answers a query as text. */
export async function filledIn(variables: string, ask: (query: string) => Promise<string>): Promise<string> {
  let filled = variables;
  for (const { placeholder, query, find } of FILL_INS) {
    if (!filled.includes(placeholder)) continue;
    filled = filled.replaceAll(placeholder, find(await ask(query)) ?? placeholder);
  }
  return filled;
}

function firstOf(pattern: RegExp): FillIn['find'] {
  return (answer) => pattern.exec(answer)?.[1];
}

function hourAfterNow(answer: string): string | undefined {
  const now = /"now":"([^"]+)"/.exec(answer)?.[1];
  return now && new Date(Date.parse(now) + HOUR_MS).toISOString();
}
