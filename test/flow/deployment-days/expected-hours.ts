import { hold, type Part, pay, release } from './expected-credit.ts';
import {
  activePlaces,
  firstLook,
  HOUR,
  isPaid,
  isUnsecured,
  nextLook,
  type Place,
  placesFor,
  record,
  reschedule,
  type Server,
  TOO_LATE,
  tell,
  type Why,
  type Work,
} from './expected-server.ts';

/** Pays for hours of places that begin at one instant one by one, up to the first that is refused. */
export function payEach(work: Work, server: Server, places: readonly Place[], at: number): boolean {
  return places.every((place) => payHour(work, server, place, at, place.held));
}

function payHour(
  work: Work,
  server: Server,
  place: Place,
  at: number,
  held: readonly Part[] | null,
): boolean {
  const { type, slot } = place;
  const { nano } = work.priceOf(type, at);
  if (!pay(work.team.credit, nano, work.gpuOf(type), held ?? [])) return false;
  record(work, server, { slot, type, at, status: 'CHARGED' });
  place.paidUntil = at + HOUR;
  place.look = firstLook(at + HOUR);
  place.held = null;
  return true;
}

/** Pays for all hours that begin at one instant or for none. */
export function payTogether(work: Work, server: Server, places: readonly Place[], at: number): boolean {
  const { credit } = work.team;
  const nano = (place: Place) => work.priceOf(place.type, at).nano;
  // What is held at another price is as good as nothing.
  const held = places.filter((place) => place.held && sumOf(place.held) === nano(place));
  const unheld = places.filter((place) => !held.includes(place));
  if (unheld.length <= 1) return payEach(work, server, [...unheld, ...held], at);
  for (const place of unheld) giveBack(work, place);
  for (const place of unheld) place.held = hold(credit, nano(place), work.gpuOf(place.type)) ?? null;
  if (unheld.every((place) => place.held)) return payEach(work, server, [...unheld, ...held], at);
  for (const place of unheld) giveBack(work, place);
  return false;
}

function sumOf(parts: readonly Part[]): bigint {
  return parts.reduce((sum, { amount }) => sum + amount, 0n);
}

function giveBack({ team }: Work, place: Place): void {
  if (place.held) release(team.credit, place.held);
  place.held = null;
}

/** Lets places rest; what is held for them returns. */
export function rest(work: Work, places: readonly Place[]): void {
  for (const place of places) {
    giveBack(work, place);
    Object.assign(place, { active: false, look: null });
  }
}

/** Makes the places of a server those that its state wants; the new hours of those that come up are paid by `how`. */
export function bringUp(work: Work, server: Server, at: number, how: typeof payEach): boolean {
  const wanted = placesFor(server, at);
  rest(
    work,
    activePlaces(server).filter((place) => !wanted.includes(place)),
  );
  const added = wanted.filter(({ active }) => !active);
  const unpaid = added.filter((place) => !isPaid(place, at));
  if (!how(work, server, unpaid, at)) return false;
  for (const place of added) {
    if (!server.places.includes(place)) server.places.push(place);
    place.active = true;
    place.look = firstLook(place.paidUntil ?? 0);
  }
  return true;
}

/** The hours of these places begin: they are paid, or the server pauses at exactly that instant. */
export function begin(work: Work, server: Server, places: readonly Place[], at: number): void {
  const wasUnsecured = places.some(isUnsecured);
  if (payTogether(work, server, places, at)) {
    if (wasUnsecured) tellSecured(work, server, at);
    return;
  }
  const ran = activePlaces(server).map((place) => ({ ...place }));
  pause(work, server, 'OUT_OF_CREDITS', at);
  runOn(work, server, ran, at);
}

/** Sets credit aside for the next hours of these places, or warns. */
export function holdAhead(work: Work, server: Server, places: readonly Place[], at: number): void {
  const wasUnsecured = places.some(isUnsecured);
  let isShort = false;
  for (const place of places) {
    const endsAt = place.paidUntil ?? 0;
    const { nano } = work.priceOf(place.type, endsAt);
    place.held = hold(work.team.credit, nano, work.gpuOf(place.type)) ?? null;
    place.look = place.held ? endsAt : nextLook(endsAt, work.now);
    isShort ||= place.held === null;
  }
  if (isShort) tell(work, server, 'CREDIT_ENDING', at);
  else if (wasUnsecured) tellSecured(work, server, at);
}

export function tellSecured(work: Work, server: Server, at: number): void {
  if (!server.places.some(isUnsecured)) tell(work, server, 'CREDIT_SECURED', at);
}

export function pause(work: Work, server: Server, why: Why, at: number): void {
  rest(work, activePlaces(server));
  Object.assign(server, { status: 'PAUSED', why, pausedAt: at });
  reschedule(work, server, at);
  tell(work, server, 'PAUSED', at);
}

/** Nobody pays for the hours in which machines ran on because nobody was there to tell them of the pause. */
export function runOn(work: Work, server: Server, ran: readonly Place[], pausedAt: number): void {
  if (work.now - pausedAt <= TOO_LATE) return;
  const begun: { at: number; place: Place }[] = [];
  for (const place of ran) {
    for (let at = place.paidUntil ?? 0; at < work.now; at += HOUR) begun.push({ at, place });
  }
  begun.sort((a, b) => a.at - b.at);
  for (const [i, { at, place }] of begun.entries()) {
    record(work, server, { slot: place.slot, type: place.type, at, status: 'UNBILLED' });
    if (begun[i + 1]?.at !== at) tell(work, server, 'HOUR_UNBILLED', at);
  }
}
