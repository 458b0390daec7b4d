import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { type ApiLog, demandSameSite, givenOf, type SandboxContext } from './api.ts';
import type { PageAnswer, PageRoute } from './call.ts';
import type { CallRunner } from './call-runner.ts';
import { answerPage, notice, type Page } from './pages-layout.ts';
import { StripeProblem } from './problem.ts';

/** Serves pages to browsers. */
export function pageRoutes(
  pages: readonly PageRoute[],
  runner: CallRunner,
  log: ApiLog,
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  for (const page of pages) {
    app.on(page.method, page.path, async (c) => {
      const answer = await answerOf(c, page, runner, log);
      return 'redirect' in answer ? c.redirect(answer.redirect, 303) : answerPage(c, answer);
    });
  }
  return app;
}

async function answerOf(
  c: SandboxContext,
  page: PageRoute,
  runner: CallRunner,
  log: ApiLog,
): Promise<PageAnswer> {
  try {
    demandSameSite(c);
    const given = await givenOf(c);
    return await runner.run({ given, path: (name) => c.req.param(name) ?? '' }, (call) => page.run(call));
  } catch (error) {
    if (error instanceof StripeProblem) return refusal(error);
    log.error({ err: error, path: c.req.path }, 'a page of the Stripe sandbox failed');
    return {
      title: 'Something went wrong',
      body: notice('Something went wrong', 'Please try again.'),
      status: 400,
    };
  }
}

function refusal(problem: StripeProblem): Page {
  const title = problem.status === 404 ? 'Not found' : 'That did not work';
  return { title, body: notice(title, problem.message), status: problem.status === 404 ? 404 : 400 };
}
