import type { ExpectedTeam } from './recompute-days.ts';
import type { StoredDays } from './stored-days.ts';

const CHARGED = 1;

/** What is compared, one line each. */
const ASPECTS = {
  /** In the order in which they are numbered. */
  events: { right: eventsOf, found: storedEvents },
  hours: { right: sorted(hoursOf), found: sorted(storedHours) },
  deployments: { right: sorted(deploymentsOf), found: sorted(storedDeployments) },
  grants: { right: sorted(grantsOf), found: sorted(storedGrants) },
  wallets: { right: walletOf, found: storedWallet },
};
export type Aspect = keyof typeof ASPECTS;

/**
 * Where what is stored first differs from what has to be, team by team; empty when they agree, amounts to the
 * nano-credit.
 */
export function differences(aspect: Aspect, expected: readonly ExpectedTeam[], stored: StoredDays): string[] {
  const { right, found } = ASPECTS[aspect];
  return expected.flatMap((team) => {
    const [here, there] = [right(team), found(team.id, stored)];
    const count = Math.max(here.length, there.length);
    const at = Array.from({ length: count }).findIndex((_, i) => here[i] !== there[i]);
    return at < 0 ? [] : [`team ${team.id}, line ${at + 1}: [${there[at]}] has to be [${here[at]}]`];
  });
}

function sorted<Args extends readonly unknown[]>(lines: (...args: Args) => string[]) {
  return (...args: Args) => lines(...args).sort();
}

function text(at: Date | number | null): string {
  return at === null ? 'never' : new Date(at).toISOString();
}

function eventsOf({ events }: ExpectedTeam): string[] {
  return events.map(
    ({ server, kind, at, recordedAt }) => `${text(recordedAt)} ${kind} ${text(at)} ${server}`,
  );
}

function storedEvents(teamId: string, { events }: StoredDays): string[] {
  return events
    .filter(({ team }) => team === teamId)
    .map(({ server, kind, at, recorded }) => `${text(recorded)} ${kind} ${text(at)} ${server}`);
}

function hoursOf({ hours }: ExpectedTeam): string[] {
  return hours.map(({ server, slot, type, at, status, nano, priceVersion, postedAt }) => {
    const drawn = status === 'CHARGED' ? nano : 0n;
    return `${text(at)} ${server} ${slot} ${type} ${status} ${nano} ${priceVersion} ${text(postedAt)} drawn ${drawn}`;
  });
}

function storedHours(teamId: string, { hours }: StoredDays): string[] {
  return hours
    .filter(({ team }) => team === teamId)
    .map(({ at, server, slot, type, status, nano, version, posted, drawn }) => {
      const name = status === CHARGED ? 'CHARGED' : 'UNBILLED';
      return `${text(at)} ${server} ${slot} ${type} ${name} ${nano} ${version} ${text(posted)} drawn ${drawn}`;
    });
}

function deploymentsOf({ team }: ExpectedTeam): string[] {
  return team.servers.map(
    ({ id, status, why, pausedAt, type, replicas }) =>
      `${id} ${status} ${why} since ${text(pausedAt)}: ${replicas} ${type}`,
  );
}

function storedDeployments(teamId: string, { servers }: StoredDays): string[] {
  return servers
    .filter(({ team }) => team === teamId)
    .map(
      ({ id, status, why, paused, type, replicas }) =>
        `${id} ${status} ${why} since ${text(paused)}: ${replicas} ${type}`,
    );
}

function grantsOf({ team }: ExpectedTeam): string[] {
  return team.credit.map(
    ({ id, remaining, held, spent, expired }) => `${id}: ${remaining} ${held} ${spent} ${expired}`,
  );
}

function storedGrants(teamId: string, { grants }: StoredDays): string[] {
  return grants
    .filter(({ team }) => team === teamId)
    .map(({ id, remaining, held, spent, expired }) => `${id}: ${remaining} ${held} ${spent} ${expired}`);
}

function walletOf({ team: { credit } }: ExpectedTeam): string[] {
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
  const remaining = (of: typeof credit) => sum(of.map((grant) => grant.remaining));
  const prepaid = remaining(credit.filter(({ isPrepaid }) => isPrepaid));
  const free = remaining(credit.filter(({ product, gpuType }) => product === null && gpuType === null));
  const held = sum(credit.map((grant) => grant.held));
  return [`${remaining(credit)} prepaid ${prepaid} unrestricted ${free} held ${held}`];
}

function storedWallet(teamId: string, { wallets }: StoredDays): string[] {
  return wallets
    .filter(({ team }) => team === teamId)
    .map(
      ({ available, prepaid, unrestricted, held }) =>
        `${available} prepaid ${prepaid} unrestricted ${unrestricted} held ${held}`,
    );
}
