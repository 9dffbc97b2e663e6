// What billing's tests share: an operator, a plan with a price, requests that cost money.
import { randomUUID } from 'node:crypto';
import { expect } from '@playwright/test';
import { Client, type MatineeNode } from './node.ts';

export const viewer = (node: MatineeNode) => new Client(node).signUp();

export async function operatorOf(node: MatineeNode): Promise<Client> {
  const who = await viewer(node);
  const { account } = await who.json('GET', '/api/v1/session');
  node.run('user', 'role', account.email, '--role', 'operator');
  return who;
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
