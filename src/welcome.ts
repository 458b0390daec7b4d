import type { App } from './app.ts';
import { publicId } from './id.ts';

/** Tells the engineer who has just started the server where it is and which credentials work. */
export function printWelcome(app: Pick<App, 'demo' | 'stripeSandboxUrl' | 'url'>): void {
  const lines = [
    '',
    `Drawdown is ready at ${app.url}`,
    row('GraphiQL', `${app.url}/graphiql/`),
    row('GraphQL', `${app.url}/graphql`),
  ];
  if (app.stripeSandboxUrl !== undefined)
    lines.push(row('Stripe sandbox', `${app.stripeSandboxUrl}  (test cards, payments, events, faults)`));
  if (app.demo) {
    lines.push(row('Demo team', publicId('team', app.demo.teamId)));
    for (const { label, authorization } of app.demo.keys)
      lines.push(row(label, authorization.replace('Bearer ', '')));
    lines.push('  Send a key as the header "Authorization: Bearer <key>". They are for development only.');
  }
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

function row(label: string, value: string): string {
  return `  ${label.padEnd(18)} ${value}`;
}
