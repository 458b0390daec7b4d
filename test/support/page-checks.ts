import { existsSync, readFileSync } from 'node:fs';
import { partsOf } from './worked-example.ts';

const SCHEMA = new URL('../../schema/schema.graphql', import.meta.url);
const CONFIG = new URL('../../src/config.ts', import.meta.url);

/** What a page of documentation links to and cannot be followed: files of ours, and headings in them. */
export function deadLinks(page: URL): string[] {
  const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    const target = new URL(link, page);
    if (!existsSync(new URL(target.pathname, page))) return true;
    return target.hash !== '' && !anchorsOf(new URL(target.pathname, page)).has(target.hash.slice(1));
  });
}

/** What the text of a page names as if it were of the API, or an option, and is neither. */
export function unknownNames(page: URL): string[] {
  const words = new Set([SCHEMA, CONFIG].flatMap((file) => textOf(file).match(/\w+/g) ?? []));
  const texts = partsOf(textOf(page)).filter(({ kind }) => kind === 'text');
  const prose = texts.map(({ text }) => text.replaceAll(/```sh\n.*?```/gs, ''));
  const spans = prose.flatMap((text) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span));
  const names = spans.flatMap((span) => span.match(/\b[a-z]+[A-Z]\w*/g) ?? []);
  const constants = prose.flatMap((text) => text.match(/\b[A-Z]+_[A-Z_]+\b/g) ?? []);
  return [...names, ...constants].filter((name) => !words.has(name));
}

function textOf(file: URL): string {
  return readFileSync(file, 'utf8');
}

/** What the headings of a page are linked by. */
function anchorsOf(page: URL): Set<string> {
  const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}
