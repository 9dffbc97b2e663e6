// A local server that behaves as Stripe's documented API does, as far as Matinee uses it: form-encoded requests, secret
// key and version header, idempotency keys (the same answer again; an error for another request), cards that decline or
// want 3-D Secure, Checkout in setup mode and the bank's page as pages, refunds, disputes, events that are signed,
// delivered and repeated. It runs inside the test, which reads its memory and tells it what to break.
import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LocalServer } from './local_server.ts';

type Json = Record<string, any>;
/** What a card does when it is charged (docs.stripe.com/testing). */
export type Card = 'ok' | 'insufficient_funds' | 'stolen_card' | 'sca_on_session' | 'sca_always';
/** What befalls the next request of `match` ("POST /v1/payment_intents"): done and the answer lost; not done; not done
 * and asked to come later; a failure that the idempotency key keeps. */
export interface Fault { match: string; what: 'lost-answer' | 'lost-request' | '429' | '500' | '500-kept'; times?: number }

class Refusal extends Error {
  readonly status: number;
  readonly error: Json;
  constructor(status: number, error: Json) {
    super(error.code ?? error.type);
    this.status = status;
    this.error = error;
  }
}
const invalid = (param: string, code = 'parameter_invalid') => new Refusal(400, { type: 'invalid_request_error', code, param, message: `Invalid ${param}` });
const missing = (what: string) => new Refusal(404, { type: 'invalid_request_error', code: 'resource_missing', param: 'id', message: `No such ${what}` });

/** "a[b][0]=x" as nested objects. */
export function formRead(text: string): Json {
  const out: Json = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.replaceAll(']', '').split('[');
    let at = out;
    path.forEach((key, i) => {
      if (i === path.length - 1) at[key] = value;
      else at = at[key] ??= {};
    });
  }
  return out;
}

export class StripeServer extends LocalServer {
  readonly secretKey = `sk_test_${randomBytes(16).toString('hex')}`;
  readonly webhookSecret = `whsec_${randomBytes(16).toString('hex')}`;
  readonly customers = new Map<string, Json>();
  readonly sessions = new Map<string, Json>();
  readonly methods = new Map<string, Json>();
  readonly intents = new Map<string, Json>();
  readonly refunds = new Map<string, Json>();
  readonly disputes = new Map<string, Json>();
  readonly events: Json[] = [];
  readonly requests: { method: string; path: string; key: string; status: number; version: string }[] = [];
  /** Where events go; "" : nowhere, they only pile up in `events`. */
  webhookUrl = '';
  faults: Fault[] = [];
  /** Called when a request was carried out and before it is answered: a test kills somebody there. */
  beforeAnswer: ((what: string) => void) | undefined;
  #keys = new Map<string, { what: string; status: number; body: Json | null }>();
  #n = 0;

  get env(): Record<string, string> {
    return { MATINEE_STRIPE_SECRET_KEY: this.secretKey, MATINEE_STRIPE_WEBHOOK_SECRET: this.webhookSecret };
  }

  // ---- what tests do on Stripe's side ----

  /** Enters a card on Checkout's page, as its visitor does; returns where the page sends them. */
  setupFinish(session: string, card: Card = 'ok'): string {
    const s = this.sessions.get(session)!;
    const id = this.#id('pm');
    this.methods.set(id, { id, object: 'payment_method', type: 'card', customer: s.customer, behaviour: card, card: { brand: 'visa', last4: card === 'ok' ? '4242' : '0341', exp_month: 12, exp_year: 2040 } });
    s.status = 'complete';
    s.setup_intent = { id: this.#id('seti'), object: 'setup_intent', status: 'succeeded', customer: s.customer, payment_method: id, metadata: s.metadata };
    this.#event('checkout.session.completed', this.#session(s));
    return s.success_url;
  }
  /** The payer's answer on the bank's page; returns where the bank sends them. */
  bankAnswer(intent: string, yes: boolean): string {
    const p = this.intents.get(intent)!;
    if (p.status === 'requires_action') {
      p.next_action = null;
      if (yes) this.#charged(p);
      else this.#failed(p, { type: 'card_error', code: 'payment_intent_authentication_failure' });
    }
    return `${p.return_url}&payment_intent=${p.id}&payment_intent_client_secret=${p.client_secret}&redirect_status=${p.status}`;
  }
  /** The card of a customer does this from now on. */
  cardSet(customer: string, card: Card): void {
    for (const m of this.methods.values()) if (m.customer === customer) m.behaviour = card;
  }
  /** A bank takes a payment's money back. Further states by disputeSet. */
  disputeOpen(intent: string, status = 'needs_response'): Json {
    const p = this.intents.get(intent)!;
    const d = { id: this.#id('dp'), object: 'dispute', amount: p.amount, currency: p.currency, charge: p.latest_charge, payment_intent: p.id, reason: 'fraudulent', status, metadata: {}, balance_transactions: [] as Json[], evidence_details: { due_by: this.#now() + 7 * 86400 } };
    this.disputes.set(d.id, d);
    if (!status.startsWith('warning')) this.#disputeMoney(d, -1);
    this.#event('charge.dispute.created', d);
    return d;
  }
  /** Days later the payer's bank sends a refund back (docs.stripe.com/refunds, "failed refunds"). */
  refundFail(id: string): void {
    const r = this.refunds.get(id)!;
    Object.assign(r, { status: 'failed', failure_reason: 'lost_or_stolen_card' });
    this.#event('charge.refund.updated', r);
    this.#event('refund.failed', r);
  }
  disputeSet(id: string, status: string): void {
    const d = this.disputes.get(id)!;
    const before = d.status;
    d.status = status;
    if (before.startsWith('warning') && status === 'needs_response') this.#disputeMoney(d, -1);
    if (status === 'won') this.#disputeMoney(d, 1);
    this.#event(status === 'won' || status === 'lost' ? 'charge.dispute.closed' : 'charge.dispute.updated', d);
  }
  /** The header of a delivery; `at` in seconds. */
  signature(body: string, at = this.#now(), secret = this.webhookSecret): string {
    return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')},v0=${'0'.repeat(64)}`;
  }
  /** Delivers an event (again), until it is accepted, as Stripe does. */
  async deliver(event: Json, url = this.webhookUrl, tries = 5): Promise<number> {
    const body = JSON.stringify(event, null, 2);
    let status = 0;
    for (let i = 0; i < tries && !(status >= 200 && status < 300); i++) {
      try {
        const r = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': this.signature(body) } });
        status = r.status;
      } catch {
        status = 0; // nobody there: later
      }
      if (status === 0 || status >= 500) await new Promise((done) => setTimeout(done, 200 << i));
    }
    return status;
  }
  /** A key is a day old. */
  forget(key: string): void {
    this.#keys.delete(key);
  }

  // ---- the server ----

  #id(prefix: string): string {
    return `${prefix}_${(++this.#n).toString().padStart(6, '0')}${randomBytes(9).toString('hex')}`;
  }
  #now(): number {
    return Math.floor(Date.now() / 1000);
  }
  #event(type: string, object: Json): void {
    const e = { id: this.#id('evt'), object: 'event', api_version: '2024-06-20', created: this.#now(), livemode: false, pending_webhooks: 1, type, data: { object: structuredClone(object) } };
    this.events.push(e);
    if (this.webhookUrl) void this.deliver(e);
  }
  #disputeMoney(d: Json, sign: number): void {
    d.balance_transactions.push({ id: this.#id('txn'), object: 'balance_transaction', amount: sign * d.amount, fee: sign < 0 ? 1500 : 0, currency: d.currency });
    this.#event(sign < 0 ? 'charge.dispute.funds_withdrawn' : 'charge.dispute.funds_reinstated', d);
  }
  #takeFault(what: string): Fault['what'] | undefined {
    const i = this.faults.findIndex((f) => f.match === what);
    if (i < 0) return undefined;
    const f = this.faults[i]!;
    f.times = (f.times ?? 1) - 1;
    if (f.times <= 0) this.faults.splice(i, 1);
    return f.what;
  }

  protected async serve(rq: IncomingMessage, rs: ServerResponse): Promise<void> {
    const url = new URL(rq.url!, this.url);
    let text = '';
    for await (const piece of rq) text += piece;
    if (!url.pathname.startsWith('/v1/')) return this.#page(rq.method!, url, text, rs);
    const what = `${rq.method} ${url.pathname.replace(/\/[a-z_]+_[0-9a-f]{10,}/, '/{id}')}`;
    const key = String(rq.headers['idempotency-key'] ?? '');
    const fault = this.#takeFault(what);
    if (fault === 'lost-request') return void rs.destroy();
    let replayed = false;
    let answer: { status: number; body: Json | null };
    if (fault === '429' || fault === '500') answer = { status: Number(fault), body: { error: { type: 'api_error', code: fault === '429' ? 'rate_limit' : undefined } } };
    else ({ replayed, ...answer } = this.#once(key, `${what} ${text}`, () => this.#answer(rq, url, text, fault)));
    this.requests.push({ method: rq.method!, path: what.split(' ')[1]!, key, status: answer.status, version: String(rq.headers['stripe-version'] ?? '') });
    this.beforeAnswer?.(what);
    if (fault === 'lost-answer') return void rs.destroy();
    rs.writeHead(answer.status, { 'content-type': 'application/json', 'request-id': this.#id('req'), ...(replayed ? { 'idempotent-replayed': 'true' } : {}), ...(fault === '429' ? { 'retry-after': '1' } : {}) });
    rs.end(JSON.stringify(answer.body));
  }

  /** docs.stripe.com/api/idempotent_requests: kept is what began to be carried out, its failures too. */
  #once(key: string, what: string, run: () => { status: number; body: Json }): { status: number; body: Json | null; replayed: boolean } {
    const before = key ? this.#keys.get(key) : undefined;
    if (before && before.what !== what)
      return { status: 400, body: { error: { type: 'idempotency_error', message: 'Keys for idempotent requests can only be used with the same parameters they were first used with.' } }, replayed: false };
    if (before) return { status: before.status, body: before.body, replayed: true };
    const a = run();
    const refusedUnread = a.body.error?.type === 'invalid_request_error';
    if (key && a.status !== 401 && !refusedUnread) this.#keys.set(key, { what, ...a });
    return { ...a, replayed: false };
  }

  #answer(rq: IncomingMessage, url: URL, text: string, fault?: Fault['what']): { status: number; body: Json } {
    const basic = `Basic ${Buffer.from(`${this.secretKey}:`).toString('base64')}`;
    if (rq.headers.authorization !== `Bearer ${this.secretKey}` && rq.headers.authorization !== basic)
      return { status: 401, body: { error: { type: 'invalid_request_error', message: `Invalid API Key provided: ${rq.headers.authorization}` } } };
    if (fault === '500-kept') return { status: 500, body: { error: { type: 'api_error' } } };
    const form = rq.method === 'GET' ? formRead(url.search.slice(1)) : formRead(text);
    try {
      return { status: 200, body: structuredClone(this.#route(rq.method!, url.pathname.slice(4).split('/'), form)) };
    } catch (e) {
      if (e instanceof Refusal) return { status: e.status, body: structuredClone({ error: e.error }) };
      throw e;
    }
  }

  #route(method: string, [what, id, verb]: string[], f: Json): Json {
    const kind = `${method} ${what}${id ? (what === 'checkout' ? `/sessions${verb ? '/id' : ''}` : '/id') : ''}${verb && what !== 'checkout' ? `/${verb}` : ''}`;
    switch (kind) {
      case 'POST customers': return this.#put(this.customers, { id: this.#id('cus'), object: 'customer', metadata: f.metadata ?? {} });
      case 'GET customers/id': return this.#get(this.customers, id!, 'customer');
      case 'DELETE customers/id': this.#get(this.customers, id!, 'customer'); this.customers.delete(id!); return { id, object: 'customer', deleted: true };
      case 'POST checkout/sessions': return this.#sessionMake(f);
      case 'GET checkout/sessions/id': return this.#session(this.#get(this.sessions, verb!, 'checkout.session'), Object.values(f.expand ?? {}).includes('setup_intent.payment_method'));
      case 'POST payment_intents': return this.#intentMake(f);
      case 'GET payment_intents': return this.#list([...this.intents.values()].filter((p) => !f.customer || p.customer === f.customer), f);
      case 'GET payment_intents/id': return this.#get(this.intents, id!, 'payment_intent');
      case 'POST payment_intents/id/cancel': return this.#intentCancel(this.#get(this.intents, id!, 'payment_intent'));
      case 'POST refunds': return this.#refundMake(f);
      case 'GET refunds': return this.#list([...this.refunds.values()].filter((r) => r.payment_intent === f.payment_intent), f);
      case 'GET refunds/id': {
        const r = this.#get(this.refunds, id!, 'refund');
        return Object.values(f.expand ?? {}).includes('payment_intent') ? { ...r, payment_intent: this.intents.get(r.payment_intent) } : r;
      }
      case 'GET disputes/id': {
        const d = this.#get(this.disputes, id!, 'dispute');
        return Object.values(f.expand ?? {}).includes('payment_intent') ? { ...d, payment_intent: this.intents.get(d.payment_intent) } : d;
      }
      default: throw new Refusal(404, { type: 'invalid_request_error', message: `Unrecognized request URL (${kind})` });
    }
  }
  #put(map: Map<string, Json>, o: Json): Json {
    map.set(o.id, o);
    return o;
  }
  #get(map: Map<string, Json>, id: string, what: string): Json {
    const o = map.get(id);
    if (!o) throw missing(what);
    return o;
  }
  #list(all: Json[], f: Json): Json {
    const newest = all.reverse().filter((o) => !f.created?.gte || o.created >= Number(f.created.gte));
    const from = f.starting_after ? newest.findIndex((o) => o.id === f.starting_after) + 1 : 0;
    const limit = Number(f.limit ?? 10);
    return { object: 'list', data: newest.slice(from, from + limit), has_more: newest.length > from + limit, url: '/v1/' };
  }

  #sessionMake(f: Json): Json {
    if (f.mode !== 'setup') throw invalid('mode');
    for (const need of ['success_url', 'cancel_url']) if (!/^https?:\/\//.test(f[need] ?? '')) throw invalid(need, 'url_invalid');
    if (f.customer) this.#get(this.customers, f.customer, 'customer');
    const id = this.#id('cs_test');
    return this.#put(this.sessions, { id, object: 'checkout.session', mode: 'setup', status: 'open', customer: f.customer ?? null, success_url: f.success_url, cancel_url: f.cancel_url, client_reference_id: f.client_reference_id, metadata: f.metadata ?? {}, setup_intent: null, url: `${this.url}/c/pay/${id}` });
  }
  #session(s: Json, expand = false): Json {
    const intent = s.setup_intent && { ...s.setup_intent, payment_method: this.methods.get(s.setup_intent.payment_method) };
    return { ...s, url: s.status === 'open' ? s.url : null, setup_intent: expand ? intent : (s.setup_intent?.id ?? null) };
  }

  #intentMake(f: Json): Json {
    if (!(Number(f.amount) >= 1)) throw invalid('amount', 'parameter_invalid_integer');
    if (!/^[a-z]{3}$/.test(f.currency ?? '')) throw invalid('currency');
    const method = this.methods.get(f.payment_method);
    if (!method || !this.customers.has(f.customer)) throw missing('payment_method');
    if (method.customer !== f.customer) throw invalid('payment_method');
    const p: Json = this.#put(this.intents, { id: this.#id('pi'), object: 'payment_intent', amount: Number(f.amount), currency: f.currency, customer: f.customer, payment_method: f.payment_method, metadata: f.metadata ?? {}, created: this.#now(), status: 'requires_confirmation', client_secret: this.#id('secret'), return_url: f.return_url, next_action: null, last_payment_error: null, latest_charge: null });
    if (f.confirm !== 'true') return p;
    const off = f.off_session === 'true';
    const card = method.behaviour as Card;
    if (card === 'ok' || (card === 'sca_on_session' && off)) this.#charged(p);
    else if (card === 'insufficient_funds' || card === 'stolen_card') this.#decline(p, { type: 'card_error', code: 'card_declined', decline_code: card });
    else if (off) this.#decline(p, { type: 'card_error', code: 'authentication_required', decline_code: 'authentication_required' });
    else {
      if (!f.return_url) throw invalid('return_url');
      p.status = 'requires_action';
      p.next_action = { type: 'redirect_to_url', redirect_to_url: { url: `${this.url}/3ds/${p.id}`, return_url: f.return_url } };
      this.#event('payment_intent.requires_action', p);
    }
    return p;
  }
  #charged(p: Json): void {
    p.status = 'succeeded';
    p.latest_charge = this.#id('ch');
    this.#event('payment_intent.succeeded', p);
  }
  #failed(p: Json, error: Json): void {
    p.status = 'requires_payment_method';
    p.last_payment_error = error;
    this.#event('payment_intent.payment_failed', p);
  }
  #decline(p: Json, error: Json): never {
    this.#failed(p, error);
    throw new Refusal(402, { ...error, message: 'Your card was declined.', payment_intent: p });
  }
  #intentCancel(p: Json): Json {
    if (p.status === 'succeeded' || p.status === 'canceled') throw new Refusal(400, { type: 'invalid_request_error', code: 'payment_intent_unexpected_state', payment_intent: p });
    p.status = 'canceled';
    p.next_action = null;
    this.#event('payment_intent.canceled', p);
    return p;
  }
  #refundMake(f: Json): Json {
    const p = this.#get(this.intents, f.payment_intent, 'payment_intent');
    const given = [...this.refunds.values()].filter((r) => r.payment_intent === p.id && r.status !== 'failed').reduce((n, r) => n + r.amount, 0);
    const amount = Number(f.amount ?? p.amount - given);
    if (p.status !== 'succeeded' || amount <= 0 || given + amount > p.amount) throw invalid('amount', 'charge_already_refunded');
    const r = this.#put(this.refunds, { id: this.#id('re'), object: 'refund', amount, currency: p.currency, payment_intent: p.id, metadata: f.metadata ?? {}, status: 'succeeded', created: this.#now() });
    this.#event('refund.created', r);
    return r;
  }

  /** Checkout and the bank, as pages for a browser. */
  #page(method: string, url: URL, text: string, rs: ServerResponse): void {
    const [, kind, a, b] = url.pathname.split('/');
    const show = (title: string, buttons: [string, string][]) => {
      rs.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      rs.end(`<!doctype html><title>${title}</title><h1>${title}</h1><form method="post">${buttons.map(([v, t]) => `<button name="do" value="${v}">${t}</button>`).join(' ')}</form>`);
    };
    const go = (to: string) => void rs.writeHead(303, { location: to }).end();
    const chosen = new URLSearchParams(text).get('do') ?? '';
    if (kind === 'c' && this.sessions.has(b!)) {
      if (method === 'GET') return show('Checkout', [['ok', 'Save card 4242'], ['sca_on_session', 'Save card 3220'], ['back', 'Back']]);
      return go(chosen === 'back' ? this.sessions.get(b!)!.cancel_url : this.setupFinish(b!, chosen as Card));
    }
    if (kind === '3ds' && this.intents.has(a!)) {
      if (method === 'GET') return show('Your bank', [['yes', 'Complete'], ['no', 'Fail']]);
      return go(this.bankAnswer(a!, chosen === 'yes'));
    }
    rs.writeHead(url.pathname === '/favicon.ico' ? 204 : 404).end(); // what every browser asks for
  }
}
