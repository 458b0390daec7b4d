import { openPoster, type PosterOptions } from './poster.ts';
import type { PosterAnswer, PosterCall } from './remote-poster.ts';

/** A program that posts what its parent tells it to, until the parent ends the connection. */
const [options = '{}'] = process.argv.slice(2);
// The parent wrote these as the options of a poster.
const poster = openPoster(JSON.parse(options) as PosterOptions);

process.on('message', (call: PosterCall) => {
  void answer(call).then((message) => process.send?.(message));
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });

async function answer({ id, method, args }: PosterCall): Promise<PosterAnswer> {
  try {
    // The parent calls each method with the arguments of its type.
    const call = poster[method] as (...given: readonly unknown[]) => Promise<unknown>;
    return { id, value: await call(...args) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'DEFECT';
    return { id, failure: { code, message: error instanceof Error ? (error.stack ?? '') : String(error) } };
  }
}
