// A database that goes away for ten seconds in the middle, in each way in which databases do: it crashes, it hangs, the
// network swallows everything, a fail-over cuts connections in the middle of their commits. Requests wait or are told when
// to come again, the health route says so, no write is lost or done twice, and the job queue carries on. Counted on what
// must not be wrong: people who pay, and ask again with the same Idempotency-Key until they are told that they have.
import { expect, test } from '@playwright/test';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { clips } from '../../lib/media.ts';
import { binary, Client, MatineeNode } from '../../lib/node.ts';
import { databaseUrl, Postgres } from '../../lib/postgres.ts';
import { descendants } from '../../lib/processes.ts';
import { Wire } from '../../lib/wire.ts';

const away_ms = 10_000;
const buyers = 3;
const each = 5;

/** One server's outage, and what stands after it. */
interface Outage {
  name: string;
  pg: Postgres;
  /** Begins; what it returns ends it. */
  begin: () => Promise<() => Promise<void> | void>;
  wire?: Wire;
  /** Somebody always gets through. */
  partly?: boolean;
  /** An import is at work when it begins. */
  imports?: boolean;
}

const offerId = (n: number) => `01ARZ3NDEKTSV4RRFFQ69G5F${String(n).padStart(2, '0')}`;
const told = (r: Response) => Number(r.headers.get('retry-after')) * 1000;

/** Pays once, however often it has to ask. */
async function pay(who: Client, n: number, log: string[]): Promise<void> {
  const key = { 'idempotency-key': randomUUID() };
  for (;;) {
    const r = await who.call('POST', '/api/v1/purchases', { offer_id: offerId(n), country: 'DE', gateway: 'test', token: 'test_ok' }, key);
    log.push(String(r.status));
    if (r.status === 200) return;
    if (r.status !== 503 || !told(r)) throw new Error(`a purchase: ${r.status} ${await r.text()}`);
    await pause(told(r));
  }
}

/** Signs up until it is told that the account is there. Who was told that nobody knows, or that it took too long, looks
 *  whether it is. */
async function signUp(node: MatineeNode, email: string, log: string[]): Promise<void> {
  for (let doubt = false; ; ) {
    const r = await new Client(node).call('POST', '/api/v1/accounts', { email, password: 'a long enough password', name: 'ana' });
    log.push(String(r.status));
    if (r.status === 201 || (r.status === 409 && doubt)) return;
    const text = await r.text();
    if ((r.status !== 503 && r.status !== 504) || !told(r)) throw new Error(`a sign-up: ${r.status} ${text}`);
    doubt ||= r.status === 504 || JSON.parse(text).code === 'store.unknown';
    await pause(told(r));
  }
}

async function live(o: Outage): Promise<void> {
  const node = new MatineeNode();
  const url = o.wire ? `postgresql://postgres@127.0.0.1:${o.wire.port}/${o.name}?sslmode=disable&gssencmode=disable` : databaseUrl(o.pg.dir, o.name);
  const count = (sql: string) => o.pg.query(o.name, sql);
  const log: string[] = [];
  o.pg.createDatabase(o.name);
  try {
    await node.start({ args: ['--billing-test-gateway'], env: { MATINEE_STORE_URL: url } });
    // Not node.run(): it would hold up this process, and the wires in it with everything on them.
    const run = async (command: string, ...args: string[]) =>
      (await promisify(execFile)(binary, [command, '--data', node.data, ...args, '--store-url', databaseUrl(o.pg.dir, o.name)])).stdout;
    const operator = await new Client(node).signUp('operator');
    const { email } = (await operator.json('GET', '/api/v1/session')).account;
    await run('user', 'role', email, '--role', 'operator');
    await operator.json('POST', '/api/v1/session', { email, password: 'a long enough password' }); // a new role ends every session
    const people: Client[] = [];
    while (people.length < buyers) people.push(await new Client(node).signUp());
    for (let n = 0; n < buyers * each; n++)
      await operator.json('PUT', `/api/v1/operator/offers/${offerId(n)}`, { kind: 'rental', name: `Film ${n}`, title_ids: [offerId(n)], finish_hours: 48, prices: [{ currency: 'EUR', amount_minor: 300 + n }] });
    if (o.imports) expect(await run('import', clips.short(), '--detach', '--json', '--policy', 'preset=ultrafast')).toContain('queued');

    const end = await o.begin();
    const work = [
      ...people.map(async (who, i) => {
        for (let k = 0; k < each; k++) {
          await pay(who, i * each + k, log);
          await pause(500 + 300 * i);
        }
      }),
      ...[0, 1, 2].map(async (i) => {
        await pause(3000 * i);
        await signUp(node, `late${i}@example.org`, log);
      }),
    ];
    if (!o.partly) {
      let health: Response | undefined;
      await expect.poll(async () => (health = await fetch(`${node.url}/healthz`)).status, { timeout: away_ms - 1000 }).toBe(503);
      expect(told(health!)).toBeGreaterThan(0);
      expect(await health!.json()).toMatchObject({ status: 'failing', services: { store: 'store.unreachable' } });
    }
    const over = pause(away_ms).then(end);
    await Promise.all([...work, over]);

    if (!o.partly) expect(log.filter((s) => s === '503').length, `${o.name}: some were told to come again`).toBeGreaterThan(0);
    const all = String(buyers * each);
    // An answer may have been "processing": what the gateway said could not be written down, and the clock asks it again.
    await expect.poll(() => count("SELECT count(*) || ' ' || count(DISTINCT account_id) FROM payment WHERE state = 'succeeded'"), { message: o.name, timeout: 90_000 }).toBe(`${all} ${buyers}`);
    expect(count('SELECT count(*) FROM payment'), o.name).toBe(all);
    expect(count("SELECT count(*) || ' ' || max(number) - min(number) + 1 FROM invoice WHERE state = 'paid'"), o.name).toBe(`${all} ${all}`);
    expect(count('SELECT count(*) FROM invoice'), o.name).toBe(all);
    expect(count('SELECT count(*) FROM title_right'), o.name).toBe(all);
    expect(count('SELECT count(*) FROM (SELECT posting_id FROM ledger_entry GROUP BY posting_id HAVING sum(amount_minor) <> 0) AS x'), o.name).toBe('0');
    expect((await operator.json('GET', '/api/v1/operator/ledger')).balanced, o.name).toBe(true);
    expect(count("SELECT count(*) || ' ' || count(DISTINCT email) FROM account WHERE email LIKE 'late%'"), o.name).toBe('3 3');
    expect((await fetch(`${node.url}/healthz`)).status).toBe(200);
    if (o.imports) {
      await expect.poll(() => count('SELECT state FROM import'), { timeout: 60_000 }).toBe('done');
      // The report on the film's quality is made behind its publication.
      await expect.poll(() => count("SELECT count(*) FROM job WHERE state <> 'done'")).toBe('0');
      expect(count('SELECT count(*) FROM title WHERE published = 1')).toBe('1');
    }
  } catch (e) {
    throw new Error(`${o.name}: ${String(e)}\n${log.join(' ')}\n${readFileSync(node.log, 'utf8').split('\n').slice(-30).join('\n')}`, { cause: e });
  } finally {
    await node.stop();
    node.remove();
  }
}

test('a database that is away for ten seconds, in whichever way, costs nobody anything', async () => {
  const [crashes, hangs, stays] = await Promise.all([Postgres.create(), Postgres.create(), Postgres.create()]);
  const socket = { path: join(stays.dir, '.s.PGSQL.5432') };
  const [hole, failover] = await Promise.all([new Wire(socket).start(), new Wire(socket).start()]);
  const signalAll = (signal: NodeJS.Signals) => [hangs.pid, ...descendants(hangs.pid).map((p) => p.pid)].forEach((pid) => process.kill(pid, signal));
  const outages: Outage[] = [
    { name: 'crashes', pg: crashes, imports: true, begin: async () => (await crashes.stop('SIGQUIT'), () => crashes.start()) },
    { name: 'hangs', pg: hangs, begin: async () => (signalAll('SIGSTOP'), () => signalAll('SIGCONT')) },
    { name: 'swallowed', pg: stays, wire: hole, begin: async () => (hole.set('swallows'), () => hole.set('passes')) },
    { name: 'cut', pg: stays, wire: failover, partly: true, begin: async () => (failover.set('cuts'), () => failover.set('passes')) },
  ];
  try {
    const results = await Promise.allSettled(outages.map(live));
    expect(results.flatMap((r) => (r.status === 'rejected' ? [String(r.reason)] : []))).toEqual([]);
    expect(failover.commitsCut).toBeGreaterThan(5);
  } finally {
    await Promise.all([hole.stop(), failover.stop()]);
    await Promise.all([crashes, hangs, stays].map((pg) => pg.remove()));
  }
});
