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

/**
 * Stops a process where it holds no lock of a database: one that is stopped within a transaction keeps every other
 * writer out for as long, and no lease helps. The locks of SQLite's WAL are bytes 120 to 127 of the -shm file.
 */
export async function stopOutsideTransaction(pid: number): Promise<void> {
  const holds = new RegExp(`POSIX +ADVISORY +WRITE +${pid} \\S+ 12[0-7] `);
  for (;;) {
    process.kill(pid, 'SIGSTOP');
    while (!/^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) await pause(1);
    if (!holds.test(readFileSync('/proc/locks', 'utf8'))) return;
    process.kill(pid, 'SIGCONT');
    await pause(7);
  }
}
