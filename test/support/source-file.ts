import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** The imported file from the root of the repository (`src/money.ts`), or the name of a package. */
  readonly target: string;
  readonly relative: boolean;
  /** Local name → imported name. */
  readonly names: ReadonlyMap<string, string>;
  readonly reexport: boolean;
  readonly typeOnly: boolean;
}

/** What the tidiness rules look at. Expressions are source text without white space. */
export interface SourceFile {
  /** From the root of the repository, with slashes: `src/ledger/post.ts`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly calls: readonly { readonly callee: string; readonly args: readonly string[] }[];
  readonly constructions: readonly { readonly callee: string; readonly args: readonly string[] }[];
  /** Every `a.b` that is read. */
  readonly members: readonly string[];
  /** Every string and template, with `?` for what is filled in. */
  readonly texts: readonly string[];
  readonly comments: readonly string[];
}

/** The TypeScript files below these folders, parsed. */
export function sourceFiles(...folders: string[]): SourceFile[] {
  return existing(folders).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(folder, name))
      .map((path) => parseSource(path.split(sep).join('/'), readFileSync(join(ROOT, path), 'utf8'))),
  );
}

/** Every file and folder below these folders, from the root of the repository. */
export function pathsBelow(...folders: string[]): string[] {
  return existing(folders).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      relative(ROOT, join(ROOT, folder, name))
        .split(sep)
        .join('/'),
    ),
  );
}

/** A folder in which nothing is kept yet is not in a clone either. */
function existing(folders: readonly string[]): string[] {
  return folders.filter((folder) => existsSync(join(ROOT, folder)));
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

/** @throws Error when the text is no TypeScript. */
export function parseSource(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text);
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);
  const nodes = [...nodesBelow(program)];
  const source = (value: unknown): string =>
    isNode(value) ? text.slice(value.start, value.end).replace(/\s+/g, '') : '';
  const applied = (type: string) =>
    nodes
      .filter((node) => node.type === type)
      .map((node) => ({ callee: source(node.callee), args: nodesIn(node.arguments).map(source) }));
  return {
    path,
    lines: text.split('\n').length,
    imports: nodes.flatMap((node) => importOf(node, path)),
    calls: applied('CallExpression'),
    constructions: applied('NewExpression'),
    members: nodes.filter((node) => node.type === 'MemberExpression').map(source),
    texts: nodes.flatMap((node) => textOf(node)),
    comments: comments.map((comment) => comment.value),
  };
}

function importOf(node: Node, path: string): Import[] {
  if (!/^(Import(Declaration|Expression)|Export(All|Named)Declaration|TSImportType)$/.test(node.type))
    return [];
  const source = node.source;
  if (!isNode(source) || typeof source.value !== 'string') return [];
  const written = source.value;
  const isRelative = written.startsWith('.');
  const target = isRelative
    ? normalize(join(dirname(path), written))
        .split(sep)
        .join('/')
    : written;
  return [
    {
      target,
      relative: isRelative,
      names: namesOf(node),
      reexport: node.type.startsWith('Export'),
      typeOnly: isTypeOnly(node),
    },
  ];
}

function isTypeOnly(node: Node): boolean {
  const specifiers = nodesIn(node.specifiers);
  if (node.importKind === 'type' || node.type === 'TSImportType') return true;
  return specifiers.length > 0 && specifiers.every((specifier) => specifier.importKind === 'type');
}

function namesOf(node: Node): Map<string, string> {
  const names = nodesIn(node.specifiers).map((specifier): [string, string] => {
    const local = nameOf(specifier.local);
    return [local, specifier.type === 'ImportNamespaceSpecifier' ? '*' : nameOf(specifier.imported) || local];
  });
  return new Map(names);
}

function nameOf(value: unknown): string {
  return isNode(value) && typeof value.name === 'string' ? value.name : '';
}

function textOf(node: Node): string[] {
  if (node.type === 'Literal' && typeof node.value === 'string') return [node.value];
  if (node.type !== 'TemplateLiteral') return [];
  const parts = nodesIn(node.quasis).map((quasi) => {
    const value = quasi.value;
    return typeof value === 'object' && value !== null && 'raw' in value ? String(value.raw) : '';
  });
  return [parts.join('?')];
}

function* nodesBelow(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const item of value) yield* nodesBelow(item);
  } else if (typeof value === 'object' && value !== null) {
    if (isNode(value)) yield value;
    for (const part of Object.values(value)) yield* nodesBelow(part);
  }
}

function nodesIn(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    'start' in value &&
    typeof value.type === 'string'
  );
}
