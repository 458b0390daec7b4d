/**
 * Lines of a journal, in order, in parts of at most `limit`, none of which ends within a group: lines in a row of which
 * `groupOf` says the same. A group that is longer than the limit is a part of its own.
 */
export function wholeGroups<L>(
  lines: readonly L[],
  limit: number,
  groupOf: (line: L) => unknown,
): readonly L[][] {
  const parts: L[][] = [];
  let part: L[] = [];
  for (const group of groupsOf(lines, groupOf)) {
    if (part.length > 0 && part.length + group.length > limit) {
      parts.push(part);
      part = [];
    }
    part.push(...group);
  }
  return part.length > 0 ? [...parts, part] : parts;
}

function groupsOf<L>(lines: readonly L[], groupOf: (line: L) => unknown): L[][] {
  const groups: L[][] = [];
  let last: unknown;
  for (const line of lines) {
    const group = groupOf(line);
    if (groups.length > 0 && group === last) groups.at(-1)?.push(line);
    else groups.push([line]);
    last = group;
  }
  return groups;
}
