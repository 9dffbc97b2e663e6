// Local servers that behave as the documented APIs of the app stores do, as far as Matinee uses them: Apple's App Store Server
// API and Notifications V2, Google's Play Developer API with its OAuth token endpoint and Pub/Sub pushes, Roku Pay's web services
// and push notifications, Amazon's Receipt Verification Service. They run inside the test, which says what each purchase is.
import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, createSign, createVerify, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalServer } from './local_server.ts';

type Json = Record<string, any>;
const b64 = (v: Buffer | string) => Buffer.from(v).toString('base64url');
const part = (o: object) => b64(JSON.stringify(o));

/** A JWT or JWS in compact form. */
export function jwsMake(alg: 'ES256' | 'RS256', key: KeyObject, header: object, payload: object): string {
  const text = `${part({ alg, ...header })}.${part(payload)}`;
  return `${text}.${b64(createSign('sha256').update(text).sign(alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key))}`;
}
function jwsRead(alg: 'ES256' | 'RS256', key: KeyObject, token: string): { header: Json; claims: Json } | undefined {
  const [h = '', p = '', s = ''] = token.split('.');
  const ok = createVerify('sha256').update(`${h}.${p}`).verify(alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key, Buffer.from(s, 'base64url'));
  const [header, claims] = [h, p].map((x) => JSON.parse(Buffer.from(x, 'base64url').toString()));
  return ok && header.alg === alg ? { header, claims } : undefined;
}

class StandIn extends LocalServer {
  readonly requests: string[] = [];
  /** Answers so many requests with 503. */
  down = 0;
  protected async serve(rq: IncomingMessage, rs: ServerResponse): Promise<void> {
    let body = '';
    for await (const piece of rq) body += piece;
    this.requests.push(`${rq.method} ${rq.url}`);
    const { status, json } = this.down > 0 ? (this.down--, { status: 503, json: {} as Json | undefined }) : this.answer(rq.method!, rq.url!, rq.headers, body);
    rs.writeHead(status, { 'content-type': 'application/json' });
    rs.end(json === undefined ? '' : JSON.stringify(json));
  }
  answer(_method: string, _path: string, _headers: IncomingMessage['headers'], _body: string): { status: number; json?: Json | undefined } {
    return { status: 404, json: {} };
  }
}

/** Certificates by the openssl program: a root, one between, a leaf, with the marks of App Store signing. */
export class AppleChain {
  readonly dir = mkdtempSync(join(tmpdir(), 'matinee-apple-'));
  readonly root = join(this.dir, 'root.pem');
  readonly key: KeyObject;
  readonly x5c: string[];
  constructor() {
    const run = (...args: string[]) => execFileSync('openssl', args, { cwd: this.dir, stdio: ['ignore', 'pipe', 'ignore'] });
    const make = (name: string, issuer: string, mark: string, ca: boolean) => {
      writeFileSync(join(this.dir, `${name}.cnf`), `basicConstraints=critical,CA:${ca ? 'TRUE' : 'FALSE'}\nkeyUsage=critical,${ca ? 'keyCertSign' : 'digitalSignature'}\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n${mark ? `${mark}=ASN1:NULL\n` : ''}`);
      run('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
      run('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`);
      const sign = issuer === name ? ['-signkey', `${name}.key`] : ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-set_serial', String(Date.now())];
      run('x509', '-req', '-in', `${name}.csr`, '-days', '3', '-sha256', '-extfile', `${name}.cnf`, ...sign, '-out', `${name}.pem`);
    };
    make('root', 'root', '', true);
    make('between', 'root', '1.2.840.113635.100.6.2.1', true);
    make('leaf', 'between', '1.2.840.113635.100.6.11.1', false);
    this.key = createPrivateKey(readFileSync(join(this.dir, 'leaf.key')));
    this.x5c = ['leaf', 'between', 'root'].map((n) => readFileSync(join(this.dir, `${n}.pem`), 'utf8').replace(/-----.*-----|\n/g, ''));
  }
  sign(payload: object): string {
    return jwsMake('ES256', this.key, { x5c: this.x5c }, payload);
  }
  remove(): void {
    rmSync(this.dir, { recursive: true });
  }
}

export interface ApplePurchase { id: string; product: string; status: 1 | 2 | 3 | 4 | 5; renews: boolean; start: number; end: number; grace?: number; account?: string; /* a UUID */
  revoked?: number }

export class AppleServer extends StandIn {
  readonly chain = new AppleChain();
  readonly bundle = 'tv.matinee.test';
  readonly purchases = new Map<string, ApplePurchase>();
  readonly keyFile = join(this.chain.dir, 'AuthKey.p8');
  environment = 'Production';
  #key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  constructor() {
    super();
    writeFileSync(this.keyFile, this.#key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  }
  get env(): Record<string, string> {
    return { MATINEE_APPLE_BUNDLE_ID: this.bundle, MATINEE_APPLE_ISSUER_ID: 'issuer-1', MATINEE_APPLE_KEY_ID: 'KEY1', MATINEE_APPLE_KEY_FILE: this.keyFile, MATINEE_APPLE_ROOT_FILE: this.chain.root, MATINEE_APPLE_URL: this.url };
  }
  put(p: Partial<ApplePurchase> & { id: string }): ApplePurchase {
    const day = 86_400_000;
    const one = { product: 'tv.matinee.basic.month', status: 1, renews: true, start: Date.now() - day, end: Date.now() + 29 * day, ...this.purchases.get(p.id), ...p } as ApplePurchase;
    this.purchases.set(p.id, one);
    return one;
  }
  transaction(id: string, over: object = {}): Json {
    const p = this.purchases.get(id)!;
    return { originalTransactionId: id, transactionId: `${id}9`, bundleId: this.bundle, productId: p.product, type: 'Auto-Renewable Subscription', inAppOwnershipType: 'PURCHASED', environment: this.environment, purchaseDate: p.start, expiresDate: p.end, signedDate: Date.now(), ...(p.account ? { appAccountToken: p.account } : {}), ...(p.revoked ? { revocationDate: p.revoked, revocationReason: 0 } : {}), ...over };
  }
  /** What StoreKit gives the app. */
  receipt(id: string, over: object = {}): string {
    return this.chain.sign(this.transaction(id, over));
  }
  renewal(id: string): Json {
    const p = this.purchases.get(id)!;
    return { originalTransactionId: id, autoRenewProductId: p.product, productId: p.product, autoRenewStatus: p.renews ? 1 : 0, environment: this.environment, signedDate: Date.now(), ...(p.grace ? { gracePeriodExpiresDate: p.grace } : {}) };
  }
  notification(id: string, type: string, uuid: string = randomUUID(), over: object = {}): string {
    const data = { bundleId: this.bundle, environment: this.environment, signedTransactionInfo: this.receipt(id), signedRenewalInfo: this.chain.sign(this.renewal(id)), status: this.purchases.get(id)!.status, ...over };
    return JSON.stringify({ signedPayload: this.chain.sign({ notificationType: type, notificationUUID: uuid, version: '2.0', signedDate: Date.now(), data }) });
  }
  override answer(method: string, path: string, headers: IncomingMessage['headers']) {
    const token = jwsRead('ES256', this.#key.publicKey, String(headers.authorization ?? '').replace(/^Bearer /, ''));
    const c = token?.claims;
    const now = Date.now() / 1000;
    if (!c || token.header.kid !== 'KEY1' || token.header.typ !== 'JWT' || c.iss !== 'issuer-1' || c.aud !== 'appstoreconnect-v1' || c.bid !== this.bundle || c.iat > now + 5 || c.exp <= now || c.exp - c.iat > 3600) return { status: 401, json: undefined };
    const id = /^\/inApps\/v1\/subscriptions\/(\d+)$/.exec(path)?.[1];
    if (method !== 'GET' || !id) return { status: 404, json: {} };
    const p = this.purchases.get(id);
    if (!p) return { status: 404, json: { errorCode: 4040010, errorMessage: 'Transaction id not found.' } };
    const item = { originalTransactionId: id, status: p.status, signedTransactionInfo: this.receipt(id), signedRenewalInfo: this.chain.sign(this.renewal(id)) };
    return { status: 200, json: { environment: this.environment, bundleId: this.bundle, appAppleId: 1, data: [{ subscriptionGroupIdentifier: '1', lastTransactions: [item] }] } };
  }
}

export class GoogleServer extends StandIn {
  readonly dir = mkdtempSync(join(tmpdir(), 'matinee-google-'));
  readonly package = 'tv.matinee.test';
  readonly accountFile = join(this.dir, 'account.json');
  readonly audience = 'https://matinee.test/push';
  readonly pusher = 'push@project.iam.gserviceaccount.com';
  readonly purchases = new Map<string, Json>();
  readonly acknowledged: string[] = [];
  #account = generateKeyPairSync('rsa', { modulusLength: 2048 });
  #push = generateKeyPairSync('rsa', { modulusLength: 2048 });
  #kid = 'kid-1';
  #tokens = new Set<string>();
  constructor() {
    super();
    writeFileSync(this.accountFile, JSON.stringify({ type: 'service_account', client_email: 'reader@project.iam.gserviceaccount.com', private_key_id: 'k1', private_key: this.#account.privateKey.export({ type: 'pkcs8', format: 'pem' }) }));
  }
  get env(): Record<string, string> {
    return { MATINEE_GOOGLE_PACKAGE: this.package, MATINEE_GOOGLE_SERVICE_ACCOUNT_FILE: this.accountFile, MATINEE_GOOGLE_URL: this.url, MATINEE_GOOGLE_TOKEN_URL: `${this.url}/token`, MATINEE_GOOGLE_KEYS_URL: `${this.url}/certs`, MATINEE_GOOGLE_PUSH_AUDIENCE: this.audience, MATINEE_GOOGLE_PUSH_EMAIL: this.pusher };
  }
  put(token: string, state: string, over: Json = {}): void {
    const day = 86_400_000;
    const { product = 'basic', end = Date.now() + 29 * day, renews = true, ...rest } = over;
    const before = this.purchases.get(token);
    this.purchases.set(token, {
      kind: 'androidpublisher#subscriptionPurchaseV2', startTime: new Date(Date.now() - day).toISOString(), regionCode: 'DE', subscriptionState: `SUBSCRIPTION_STATE_${state}`, latestOrderId: 'GPA.1',
      acknowledgementState: before?.acknowledgementState ?? 'ACKNOWLEDGEMENT_STATE_PENDING',
      lineItems: [{ productId: product, expiryTime: new Date(end).toISOString(), autoRenewingPlan: renews ? { autoRenewEnabled: true } : {}, offerDetails: { basePlanId: 'monthly' } }], ...rest,
    });
  }
  /** Access tokens that were given are worth nothing any more. */
  tokensWithdraw(): void {
    this.#tokens.clear();
  }
  keysRotate(): void {
    this.#push = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#kid = `kid-${randomUUID()}`;
  }
  /** A push of Pub/Sub's: its header and its body. */
  push(token: string, over: { claims?: Json; package?: string; messageId?: string; key?: KeyObject; kind?: string } = {}): { authorization: string; body: string } {
    const now = Math.floor(Date.now() / 1000);
    const claims = { aud: this.audience, azp: '1', email: this.pusher, email_verified: true, iat: now, exp: now + 3600, iss: 'https://accounts.google.com', sub: '1', ...over.claims };
    const notice = { version: '1.0', packageName: over.package ?? this.package, eventTimeMillis: String(Date.now()), [over.kind ?? 'subscriptionNotification']: { version: '1.0', notificationType: 4, purchaseToken: token } };
    return { authorization: `Bearer ${jwsMake('RS256', over.key ?? this.#push.privateKey, { kid: this.#kid, typ: 'JWT' }, claims)}`, body: JSON.stringify({ message: { data: Buffer.from(JSON.stringify(notice)).toString('base64'), messageId: over.messageId ?? String(Math.floor(Math.random() * 1e15)) }, subscription: 'projects/p/subscriptions/s' }) };
  }
  override answer(method: string, path: string, headers: IncomingMessage['headers'], body: string) {
    if (path === '/certs') return { status: 200, json: { keys: [{ ...createPublicKey(this.#push.privateKey).export({ format: 'jwk' }), kid: this.#kid, alg: 'RS256', use: 'sig' }] } };
    if (path === '/token') {
      const form = new URLSearchParams(body);
      const a = jwsRead('RS256', this.#account.publicKey, form.get('assertion') ?? '');
      if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer' || a?.claims.aud !== `${this.url}/token` || a.claims.scope !== 'https://www.googleapis.com/auth/androidpublisher' || a.claims.iss !== 'reader@project.iam.gserviceaccount.com' || a.header.kid !== 'k1') return { status: 400, json: { error: 'invalid_grant' } };
      const token = `ya29.${randomUUID()}`;
      this.#tokens.add(token);
      return { status: 200, json: { access_token: token, expires_in: 3599, token_type: 'Bearer' } };
    }
    if (!this.#tokens.has(String(headers.authorization ?? '').replace(/^Bearer /, ''))) return { status: 401, json: { error: { code: 401 } } };
    const get = new RegExp(`^/androidpublisher/v3/applications/${this.package}/purchases/subscriptionsv2/tokens/([^/]+)$`).exec(path);
    const ack = new RegExp(`^/androidpublisher/v3/applications/${this.package}/purchases/subscriptions/([^/]+)/tokens/([^/]+):acknowledge$`).exec(path);
    const token = decodeURIComponent((get?.[1] ?? ack?.[2]) || '');
    const p = this.purchases.get(token);
    if (!p) return { status: 404, json: { error: { code: 404, message: 'The purchase token was not found.' } } };
    if (p.gone) return { status: 410, json: { error: { code: 410 } } };
    if (method === 'POST' && ack && decodeURIComponent(ack[1]!) === p.lineItems[0].productId) {
      p.acknowledgementState = 'ACKNOWLEDGEMENT_STATE_ACKNOWLEDGED';
      this.acknowledged.push(token);
      return { status: 204, json: undefined };
    }
    return method === 'GET' && get ? { status: 200, json: p } : { status: 404, json: {} };
  }
  remove(): void {
    rmSync(this.dir, { recursive: true });
  }
}

export interface RokuTransaction { id: string; original: string; product: string; entitled: boolean; dunning: boolean; cancelled: boolean; start: number; end: number; replaces?: string; partner?: string }

export class RokuServer extends StandIn {
  readonly key = randomUUID();
  readonly secret = `s${randomUUID().replaceAll('-', '')}`;
  readonly transactions = new Map<string, RokuTransaction>();
  get env(): Record<string, string> {
    return { MATINEE_ROKU_API_KEY: this.key, MATINEE_ROKU_WEBHOOK_SECRET: this.secret, MATINEE_ROKU_URL: `${this.url}/listen/transaction-service.svc` };
  }
  put(t: Partial<RokuTransaction> & { id: string }): RokuTransaction {
    const day = 86_400_000;
    const one = { original: t.id, product: 'basic', entitled: true, dunning: false, cancelled: false, start: Date.now() - day, end: Date.now() + 29 * day, ...this.transactions.get(t.id), ...t };
    this.transactions.set(t.id, one);
    return one;
  }
  notification(id: string, transactionType: string, responseKey: string = randomUUID().replaceAll('-', '')): string {
    const t = this.transactions.get(id)!;
    return JSON.stringify({ customerId: 'c1', transactionType, transactionId: id, originalTransactionId: t.original, channelId: '1', productCode: t.product, eventDate: new Date().toISOString(), responseKey });
  }
  override answer(method: string, path: string, headers: IncomingMessage['headers']) {
    const [, key, id] = /^\/listen\/transaction-service\.svc\/validate-transaction\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    if (method !== 'GET' || !id || headers.accept !== 'application/json') return { status: 404, json: {} };
    if (key !== this.key) return { status: 200, json: { status: 1, errorMessage: 'UNAUTHORIZED', transactionId: null } };
    const t = this.transactions.get(id);
    if (!t) return { status: 200, json: { status: 1, errorMessage: 'INVALID_TRANSACTION', transactionId: null } };
    const at = (ms: number) => `/Date(${ms}+0000)/`;
    return { status: 200, json: { status: 0, errorMessage: null, transactionId: id, OriginalTransactionId: t.original, productId: t.product, productName: 'A plan', purchaseDate: at(t.start), originalPurchaseDate: at(t.start), expirationDate: at(t.end), isEntitled: t.entitled, isDunning: t.dunning, cancelled: t.cancelled, rokuCustomerId: 'c1', partnerReferenceId: t.partner ?? null, cancelledTransactionIds: t.replaces ? [t.replaces] : [], amount: 9.99, currency: 'USD', quantity: 1 } };
  }
}

export class AmazonServer extends StandIn {
  readonly secret = `2:${randomUUID()}:${randomUUID()}==`;
  readonly receipts = new Map<string, Json>();
  get env(): Record<string, string> {
    return { MATINEE_AMAZON_SHARED_SECRET: this.secret, MATINEE_AMAZON_URL: this.url };
  }
  put(user: string, receiptId: string, over: Json = {}): void {
    const day = 86_400_000;
    this.receipts.set(receiptId, { user, receiptId, autoRenewing: true, betaProduct: false, cancelDate: null, cancelReason: null, gracePeriodEndDate: null, freeTrialEndDate: null, productId: 'basic', productType: 'SUBSCRIPTION', purchaseDate: Date.now() - day, quantity: 1, renewalDate: Date.now() + 29 * day, term: '1 Month', termSku: 'basic_month', testTransaction: false, ...over });
  }
  override answer(method: string, path: string) {
    const [, secret, user, id] = (/^\/version\/1\.0\/verifyReceiptId\/developer\/([^/]+)\/user\/([^/]+)\/receiptId\/([^/]+)$/.exec(path) ?? []).map(decodeURIComponent);
    if (method !== 'GET' || !id) return { status: 404, json: {} };
    if (secret !== this.secret) return { status: 496, json: undefined };
    const r = this.receipts.get(id);
    if (!r) return { status: 400, json: { message: 'Invalid receiptId' } };
    if (r.user !== user) return { status: 497, json: undefined };
    if (r.gone) return { status: 410, json: undefined };
    const { user: _user, ...receipt } = r;
    return { status: 200, json: receipt };
  }
}
