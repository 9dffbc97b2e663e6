// Every table of a node's store with its columns and rows, on either engine: for tests that look for what should not be there.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { databaseOf, engine } from './engine.ts';
import type { MatineeNode } from './node.ts';
import { databaseQuery } from './postgres.ts';

export interface Table {
  columns: string[];
  rows: Record<string, unknown>[];
}
const ours = (name: string) => !name.startsWith('sqlite_') && !name.startsWith('fts_') && name !== 'schema_migration' && !name.startsWith('store_copy');

const dump = `
import glob, json, sqlite3, sys
out = {}
for f in sorted(glob.glob(sys.argv[1] + '/db/*.db')):
    d = sqlite3.connect(f, timeout=20)
    for (t,) in d.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        c = d.execute('SELECT * FROM "%s"' % t)
        columns = [x[0] for x in c.description]
        out[t] = {'columns': columns, 'rows': [dict(zip(columns, [v.hex() if isinstance(v, bytes) else v for v in r])) for r in c]}
print(json.dumps(out))`;

function ofPostgres(url: string): Record<string, Table> {
  const ask = (text: string) => databaseQuery(process.env.MATINEE_TEST_PG!, new URL(url).pathname.slice(1), text);
  const columns: { t: string; c: string }[] = JSON.parse(ask("SELECT json_agg(json_build_object('t', table_name, 'c', column_name)) FROM information_schema.columns WHERE table_schema = 'public'"));
  const names = [...new Set(columns.map((x) => x.t))].filter(ours);
  const all: Record<string, Table> = {};
  for (let i = 0; i < names.length; i += 40) {
    const parts = names.slice(i, i + 40).map((t) => `'${t}', (SELECT coalesce(json_agg(x), '[]') FROM "${t}" x)`);
    for (const [t, rows] of Object.entries<any>(JSON.parse(ask(`SELECT json_build_object(${parts.join(', ')})`)))) all[t] = { columns: columns.filter((x) => x.t === t).map((x) => x.c), rows };
  }
  return all;
}

export function tablesOf(node: MatineeNode): Record<string, Table> {
  const url = databaseOf(node.data);
  if (url) return ofPostgres(url);
  const all: Record<string, Table> = JSON.parse(execFileSync('python3', ['-c', dump, node.data], { encoding: 'utf8', maxBuffer: 1 << 28 }));
  return Object.fromEntries(Object.entries(all).filter(([t]) => ours(t)));
}

/** Past the program, into a table of any of its files. */
export function tableInsert(node: MatineeNode, table: string, row: Record<string, string | number | null | Uint8Array>): void {
  const bytes = (b: Uint8Array) => (engine === 'scaled' ? `'\\x${Buffer.from(b).toString('hex')}'` : `X'${Buffer.from(b).toString('hex')}'`);
  const value = (v: string | number | null | Uint8Array) => (v instanceof Uint8Array ? bytes(v) : v === null ? 'NULL' : typeof v === 'number' ? String(v) : `'${v.replaceAll("'", "''")}'`);
  const text = `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.values(row).map(value).join(', ')})`;
  const url = databaseOf(node.data);
  if (url) databaseQuery(process.env.MATINEE_TEST_PG!, new URL(url).pathname.slice(1), text);
  else execFileSync('python3', ['-c', 'import sqlite3,sys\nc=sqlite3.connect(sys.argv[1],timeout=20)\nc.execute(sys.argv[2])\nc.commit()', join(node.data, 'db/main.db'), text]);
}
