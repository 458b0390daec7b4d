import { readdirSync, readFileSync } from 'node:fs';

const TICK_MS = 10;

/** CPU seconds that a process and its children have used (Linux: /proc), 0 where that cannot be read. */
export function cpuSecondsOf(pid: number): number {
  let ticks = 0;
  for (const name of listProcesses()) {
    const stat = statOf(name);
    if (stat && (name === String(pid) || stat.parent === pid)) ticks += stat.ticks;
  }
  return (ticks * TICK_MS) / 1000;
}

/** Resident memory of a process in bytes, 0 where that cannot be read. */
export function residentBytesOf(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function listProcesses(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function statOf(pid: string): { parent: number; ticks: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in parentheses, may hold blanks; user, system and their children's ticks follow as 14th to 17th.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { parent: Number(fields[1]), ticks };
  } catch {
    return undefined;
  }
}
