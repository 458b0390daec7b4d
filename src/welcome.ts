import type { App } from './app.ts';
import { publicId } from './id.ts';

/** Tells the engineer who has just started the server where it is and which credentials work. */
export function printWelcome(app: App): void {
  const lines = [
    '',
    `Drawdown is ready at ${app.url}`,
    `  GraphiQL    ${app.url}/graphiql/`,
    `  GraphQL     ${app.url}/graphql`,
  ];
  if (app.demo) {
    lines.push(`  Demo team   ${publicId('team', app.demo.teamId)}`);
    for (const key of app.demo.keys)
      lines.push(`  ${key.label.padEnd(18)} ${key.authorization.replace('Bearer ', '')}`);
    if (app.demo.userToken) lines.push(`  Demo user's token  ${app.demo.userToken}`);
    lines.push('  Send a key as the header "Authorization: Bearer <key>". They are for development only.');
  }
  process.stdout.write(`${lines.join('\n')}\n\n`);
}
