import { expect } from 'vitest';
import { z } from 'zod';
import type { DemoApp } from './demo-app.ts';
import { markdownOf, type Part, partsOf, printJson, ShortNames } from './worked-example.ts';

/** What is told to whoever has subscribed. */
export interface PageFollower {
  next(): Promise<unknown>;
  end(): Promise<void>;
}

export interface RehearsalOptions {
  /** Follows a subscription of the page. */
  readonly follow?: (query: string) => PageFollower;
  /** Resolves when nothing goes on behind what has been answered: the time that a reader takes for the next step. */
  readonly settled?: () => Promise<void>;
}

/** The page as it would stand if its results were what the app answers now, one operation after another. */
export async function rehearse(
  page: string,
  running: DemoApp,
  options: RehearsalOptions = {},
): Promise<string> {
  const rehearsal = new Rehearsal(running, options);
  const rehearsed: string[] = [];
  for (const part of partsOf(page)) rehearsed.push(markdownOf(await rehearsal.run(part)));
  await rehearsal.end();
  return rehearsed.join('');
}

/** Sends an operation with the credentials that a comment at its top names: a gateway's, if there is none. */
export async function askAsPage(running: DemoApp, query: string): Promise<{ data: unknown }> {
  const response = await fetch(`${running.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: credentialsFor(running, query) },
    body: JSON.stringify({ query }),
  });
  const answer: unknown = await response.json();
  expect(answer, query).toEqual({ data: expect.anything() });
  return z.object({ data: z.unknown() }).parse(answer);
}

function credentialsFor(running: DemoApp, operation: string): string {
  if (operation.startsWith('# operator key')) return running.authorization('OPERATOR');
  if (operation.startsWith("# owner's token")) return running.userAuthorization;
  return running.authorization('PLATFORM');
}

class Rehearsal {
  private readonly names = new ShortNames();
  private follower: PageFollower | undefined;
  private answer: unknown;

  constructor(
    private readonly running: DemoApp,
    private readonly options: RehearsalOptions,
  ) {}

  /** The part as it should be. A result is that of the operation before it, or what the subscription tells next. */
  async run(part: Part): Promise<Part> {
    if (part.kind === 'text') return part;
    if (part.kind === 'result') return { kind: 'result', text: await this.result() };
    expect(this.answer, `an answer that is not shown, before:\n${part.text}`).toBeUndefined();
    const query = this.names.lengthen(part.text);
    if (query.startsWith('subscription')) this.follower = this.options.follow?.(query);
    else this.answer = await this.ask(query);
    return part;
  }

  async end(): Promise<void> {
    await this.follower?.end();
  }

  private async ask(query: string): Promise<unknown> {
    await this.options.settled?.();
    return (await askAsPage(this.running, query)).data;
  }

  private async result(): Promise<string> {
    const shown = this.answer ?? (await this.follower?.next());
    this.answer = undefined;
    return `${printJson(this.names.shorten(shown))}\n`;
  }
}
