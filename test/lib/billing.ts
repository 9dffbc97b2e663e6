// What billing's tests share: an operator, a plan with a price, requests that cost money.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { databaseOf } from './engine.ts';
import { Client, type MatineeNode } from './node.ts';
import { databaseQuery } from './postgres.ts';

export const viewer = (node: MatineeNode) => new Client(node).signUp();

export async function operatorOf(node: MatineeNode): Promise<Client> {
  return await (await viewer(node)).become('operator');
}

/** A plan with one price; returns the price's id. */
export async function planMake(operator: Client, slug: string, minor: number, level = 1): Promise<string> {
  await operator.json('PUT', `/api/v1/operator/plans/${slug}`, { name: slug, level });
  const plan = await operator.json('PUT', `/api/v1/operator/plans/${slug}/prices`, { months: 1, currency: 'EUR', amount_minor: minor });
  return plan.prices[0].id;
}

export const once = () => ({ 'idempotency-key': randomUUID() });

/** A request that costs money, with a key of its own; must be answered 200. */
export async function paid(who: Client, path: string, body: object, headers: Record<string, string> = once()): Promise<any> {
  const r = await who.call('POST', path, body, headers);
  const text = await r.text();
  expect([r.status, text]).toEqual([200, expect.any(String)]);
  return JSON.parse(text);
}

export async function refused(r: Response): Promise<[number, string]> {
  const problem = await r.json();
  expect(problem.detail).toMatch(/\w+ .*[.]$/);
  return [r.status, problem.code];
}

/** A statement on the node's own store, to move what the clock would take a month for; returns the first value. */
export function sql(node: MatineeNode, text: string): string {
  const url = databaseOf(node.data);
  if (url) return databaseQuery(process.env.MATINEE_TEST_PG!, new URL(url).pathname.slice(1), text);
  const script = `
import sqlite3, sys
d = sqlite3.connect(sys.argv[1], timeout=20)
row = d.execute(sys.argv[2]).fetchone()
d.commit()
print("" if row is None or row[0] is None else row[0])`;
  return execFileSync('python3', ['-c', script, join(node.data, 'db', 'main.db'), text], { encoding: 'utf8' }).trim();
}
