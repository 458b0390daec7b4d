import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

// Plain JavaScript, because `npm start` runs it before anything else on whatever Node there is.
const web = fileURLToPath(new URL('.', import.meta.url));
const lockfile = join(web, '..', 'package-lock.json');
const output = join(web, 'dist', 'graphiql');
const stampName = '.built-from';

const wanted = fingerprint([lockfile, ...sources(web)]);
if (readIfThere(join(output, stampName)) === wanted) {
  console.log('GraphiQL is built and up to date (web/dist/graphiql).');
} else {
  await build();
}

async function build() {
  // A test run or a developer's shell may say otherwise, and would get React's slow build.
  process.env.NODE_ENV = 'production';
  const vite = await import('vite').catch(absent);
  if (!vite) {
    console.log('GraphiQL is not built: vite is a development dependency and is not installed here.');
    return;
  }
  const startedAt = performance.now();
  // Built beside its place and moved there whole: a build that is interrupted or runs twice at once leaves no half page.
  const fresh = join(web, 'dist', `graphiql-${process.pid}`);
  try {
    await vite.build({ configFile: join(web, 'vite.config.ts'), logLevel: 'warn', build: { outDir: fresh } });
    writeFileSync(join(fresh, stampName), wanted);
    replaceOutput(fresh);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  console.log(
    `GraphiQL built into web/dist/graphiql in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`,
  );
}

function absent(error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
}

function replaceOutput(fresh) {
  rmSync(output, { recursive: true, force: true });
  try {
    renameSync(fresh, output);
  } catch (error) {
    // Another build of the same sources was faster.
    if (readIfThere(join(output, stampName)) !== wanted) throw error;
  }
}

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !relative(web, file).startsWith('dist'))
    .sort();
}

function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${relative(web, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
