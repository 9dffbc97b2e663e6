// A running Matinee in which two viewers own one of everything, and there is staff: for tests of who may touch what.
import { expect } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { clips } from './media.ts';
import { binary, Client, MatineeNode } from './node.ts';

export const password = 'a long enough password';
const device = { kind: 'web', name: 'Flow', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] };

export type Owned = 'profile' | 'otherProfile' | 'otherSession' | 'device' | 'playback' | 'invoice' | 'openPayment' | 'charge';

export interface Person {
  client: Client;
  email: string;
  account: string;
  owns: Record<Owned, string>;
  params: Record<string, string>; // what else stands in a path beside such an id
}

export class World {
  readonly node = new MatineeNode();
  film = { slug: '', title_id: '', asset_id: '' };
  operator!: Client;
  editor!: Client;
  ana!: Person;
  ben!: Person;
  #price = '';
  #offer = '01ARZ3NDEKTSV4RRFFQ69G5FAW';

  async start(args: string[] = []): Promise<this> {
    await this.node.start({ args: ['--billing-test-gateway', ...args] });
    this.film = this.node.import(clips.short(), '--title', 'Everybody’s film', '--policy', 'max_height=240', '--policy', 'max_rungs=1');
    this.operator = await this.staff('viewer,operator');
    this.editor = await this.staff('viewer,editor');
    await this.operator.json('PUT', '/api/v1/operator/plans/all', { name: 'All', level: 1, streams: 4 });
    const plan = await this.operator.json('PUT', '/api/v1/operator/plans/all/prices', { months: 1, currency: 'EUR', amount_minor: 999 });
    this.#price = plan.prices[0].id;
    await this.operator.json('PUT', '/api/v1/operator/offers/01ARZ3NDEKTSV4RRFFQ69G5FAV', { kind: 'plan', name: 'All', plan: 'all', title_ids: [this.film.title_id] });
    await this.operator.json('PUT', `/api/v1/operator/offers/${this.#offer}`, {
      kind: 'purchase', name: 'For good', title_ids: [this.film.title_id], prices: [{ currency: 'EUR', amount_minor: 1499 }],
    });
    this.ana = await this.person('ana');
    this.ben = await this.person('ben');
    return this;
  }

  async stop(): Promise<void> {
    await this.node.stop();
    this.node.remove();
  }

  /** Signed in with these roles, by the command that an engineer uses. */
  async staff(roles: string): Promise<Client> {
    const email = `staff-${randomUUID()}@example.org`;
    execFileSync(binary, ['user', 'create', email, '--role', roles, '--data', this.node.data], { input: password, stdio: ['pipe', 'pipe', 'pipe'] });
    const who = new Client(this.node);
    await who.json('POST', '/api/v1/session', { email, password });
    return who;
  }

  async signedUp(): Promise<{ client: Client; email: string }> {
    const email = `viewer-${randomUUID()}@example.org`;
    const client = new Client(this.node);
    await client.json('POST', '/api/v1/accounts', { email, password });
    return { client, email };
  }

  /** A viewer who has one of everything that belongs to a viewer. */
  async person(name: string): Promise<Person> {
    const { client, email } = await this.signedUp();
    const pay = async (path: string, body: object) => {
      const r = await client.call('POST', path, body, { 'idempotency-key': randomUUID() });
      expect(r.status, `${path}: ${await r.clone().text()}`).toBe(200);
      return await r.json();
    };
    const elsewhere = new Client(this.node);
    await elsewhere.json('POST', '/api/v1/session', { email, password });
    const { account, profile } = await client.json('GET', '/api/v1/session');
    const second = await client.json('POST', '/api/v1/profiles', { name: `${name}’s other` });
    const { sessions } = await client.json('GET', '/api/v1/sessions');
    const paid = await pay('/api/v1/subscription', { price_id: this.#price, country: 'DE', gateway: 'test', token: 'test_ok' });
    await this.operator.call('POST', `/api/v1/operator/payments/${paid.payment_id}/refunds`, { amount_minor: 1, reason: 'Sorry' }, { 'idempotency-key': randomUUID() });
    const { credit_notes } = await client.json('GET', `/api/v1/invoices/${paid.invoice_id}`);
    const open = await pay('/api/v1/purchases', { offer_id: this.#offer, gateway: 'test', token: 'test_3ds' });
    expect(open.status).toBe('action_required');
    const playback = await client.json('POST', '/api/v1/playback', { title_id: this.film.title_id, device });
    await client.json('POST', `/api/v1/playbacks/${playback.id}/heartbeat`, { position_s: 1, state: 'playing', seq: 1 });
    await client.json('PUT', `/api/v1/title-states/${this.film.title_id}/list`, { listed: true });
    await client.json('PUT', `/api/v1/title-states/${this.film.title_id}/rating`, { rating: 'like', stars: 4 });
    return {
      client, email, account: account.id, params: { number: String(credit_notes[0].number) },
      owns: {
        profile: profile.id, otherProfile: second.id, device: playback.device_id, playback: playback.id, invoice: paid.invoice_id,
        otherSession: sessions.find((s: any) => !s.current).id, openPayment: open.payment_id, charge: /([0-9A-Z]{26})/.exec(open.action_url)![1]!,
      },
    };
  }
}
