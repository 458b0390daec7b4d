import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const gzipped = promisify(gzip);

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};
/** These are compressed already. */
const COMPRESSED = new Set(['.png', '.woff2']);

interface StaticFile {
  readonly path: string;
  readonly extension: string;
  /** Read, and compressed, when first asked for. */
  plain?: Promise<Buffer>;
  small?: Promise<Buffer>;
}

/** Answers GET and HEAD for a built page. False when there is no such file. */
export type StaticFiles = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
) => Promise<boolean>;

/**
 * Serves the files that are in `folder` now, and no others, whatever a path looks like. Files below `assets/` have
 * their content's hash in their name and are cached for good; others are asked for again each time.
 */
export function staticFiles(folder: string, headers: Readonly<Record<string, string>>): StaticFiles {
  const files = filesIn(folder);
  return async (request, response, path) => {
    const file = files.get(path.endsWith('/') ? `${path}index.html` : path);
    if (!file) return false;
    const small = !COMPRESSED.has(file.extension) && acceptsGzip(request);
    const body = await (small ? smallOf(file) : plainOf(file));
    response.writeHead(200, {
      ...headers,
      'content-type': MEDIA_TYPES[file.extension] ?? 'application/octet-stream',
      'content-length': body.length,
      'cache-control': path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'Accept-Encoding',
      ...(small ? { 'content-encoding': 'gzip' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
    return true;
  };
}

function filesIn(folder: string): ReadonlyMap<string, StaticFile> {
  if (!existsSync(folder)) return new Map();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [`/${relative(folder, path).split(sep).join('/')}`, { path, extension: extname(entry.name) }];
    }),
  );
}

function acceptsGzip(request: IncomingMessage): boolean {
  return /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
}

function plainOf(file: StaticFile): Promise<Buffer> {
  file.plain ??= readFile(file.path);
  return file.plain;
}

function smallOf(file: StaticFile): Promise<Buffer> {
  file.small ??= plainOf(file).then((body) => gzipped(body));
  return file.small;
}
