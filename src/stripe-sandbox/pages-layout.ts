import { randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import { html, raw } from 'hono/html';
import { PAGE_STYLE } from './pages-style.ts';

/** A piece of a page: made by `html`, so that what was put into it is escaped. */
export type Piece = ReturnType<typeof html>;

export interface Page {
  readonly title: string;
  readonly body: Piece;
  readonly status?: 200 | 400 | 402 | 404 | 409 | 410;
  /** Two columns on a wide screen: what is paid for beside the form, or equal ones. A narrow one when absent. */
  readonly columns?: 'equal' | 'form';
  /** Of this program alone: nothing that came with a request may be in it. */
  readonly script?: string;
  /** Where forms of the page may lead in the end. Browsers judge the redirects after a form by its page's policy. */
  readonly leadsTo?: readonly (string | null | undefined)[];
}

/** Answers `page` in the dress of the sandbox, with a policy that lets in nothing but the page's own style and script. */
export function answerPage(c: Context, page: Page): Response | Promise<Response> {
  const nonce = randomBytes(16).toString('base64');
  c.header('Content-Security-Policy', policy(nonce, page.leadsTo ?? []));
  c.header('Cache-Control', 'no-store');
  c.header('Referrer-Policy', 'no-referrer');
  c.header('X-Content-Type-Options', 'nosniff');
  return c.html(document(page, nonce), page.status ?? 200);
}

function document(page: Page, nonce: string): Piece {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${page.title} · Stripe sandbox</title>
        <style nonce="${nonce}">
          ${raw(PAGE_STYLE)}
        </style>
      </head>
      <body>
        <header class="${page.columns ?? 'one'}"><strong>Drawdown</strong><span class="mark">Sandbox: no real money moves</span></header>
        <main class="${page.columns ?? 'one'}">${page.body}</main>
        ${page.script ? html`<script nonce="${nonce}">${raw(page.script)}</script>` : ''}
      </body>
    </html>`;
}

function policy(nonce: string, leadsTo: readonly (string | null | undefined)[]): string {
  const targets = new Set(leadsTo.map(originOf).filter((origin) => origin !== undefined));
  return [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
    `form-action ${["'self'", ...targets].join(' ')}`,
  ].join('; ');
}

/** What a policy names a URL by: its origin, or its scheme when it has none, as the links of mobile apps. */
function originOf(url: string | null | undefined): string | undefined {
  if (!url || !URL.canParse(url)) return undefined;
  const { origin, protocol } = new URL(url);
  return origin === 'null' ? protocol : origin;
}

/** Cents as people read them: `$1,234.50`. */
export function money(cents: number | null, currency: string | null): string {
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency: currency ?? 'usd' });
  // Digits and an exponent are a decimal that it reads exactly.
  return format.format(`${cents ?? 0}E-2` as Intl.StringNumericLiteral);
}

/** A page that says one thing, with a way on if there is one. */
export function notice(title: string, text: string, onward?: { href: string; label: string }): Piece {
  return html`<section>
    <h1>${title}</h1>
    <p>${text}</p>
    ${onward ? html`<a class="button plain" href="${onward.href}">${onward.label}</a>` : ''}
  </section>`;
}
