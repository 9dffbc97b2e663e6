// Processes below a process, by what they are; and how long they take to go.
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export interface Proc {
  pid: number;
  ppid: number;
  command: string;
}

export function processes(): Proc[] {
  const list: Proc[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (rest[0] === 'Z') continue;
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').join(' ').trim();
      list.push({ pid: Number(name), ppid: Number(rest[1]), command });
    } catch {
      // it has just gone
    }
  }
  return list;
}

export function descendants(root: number): Proc[] {
  const all = processes();
  const found: Proc[] = [];
  let layer = [root];
  while (layer.length) {
    const next = all.filter((p) => layer.includes(p.ppid));
    found.push(...next);
    layer = next.map((p) => p.pid);
  }
  return found;
}

export async function gone(pids: number[], limitMs = 10_000): Promise<Proc[]> {
  const end = Date.now() + limitMs;
  for (;;) {
    const left = processes().filter((p) => pids.includes(p.pid));
    if (!left.length || Date.now() > end) return left;
    await pause(50);
  }
}
