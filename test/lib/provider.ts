// A real OpenID provider (npm: oidc-provider) on a free port, whose tokens a test may have lie: they are changed on their way out and
// signed again with the provider's own key, so that only the one claim is wrong.
import Provider from 'oidc-provider';
import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { freePort, type MatineeNode } from './node.ts';

export interface Person {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
}
export interface Token {
  header: Record<string, unknown>;
  claims: Record<string, any>;
  key: KeyObject;
  signature?: (s: Buffer) => Buffer;
}
type Alg = 'RS256' | 'ES256';
export function keyMake(kid: string, alg: Alg = 'RS256'): { private: KeyObject; jwk: Record<string, unknown>; published: Record<string, unknown> } {
  const pair = alg === 'RS256' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const more = { kid, use: 'sig', alg };
  return { private: pair.privateKey, jwk: { ...pair.privateKey.export({ format: 'jwk' }), ...more }, published: { ...pair.publicKey.export({ format: 'jwk' }), ...more } };
}

export class OpenIdProvider {
  person: Person = { sub: 'nobody' };
  lie: ((t: Token) => void) | undefined;
  /** What /jwks answers instead of the provider's own. */
  published: Record<string, unknown>[] | undefined;
  asked: Record<string, number> = {};
  readonly client = { id: 'matinee', secret: 'a client secret: with / + and %' };
  readonly key = keyMake('first');
  port = 0;
  #server: Server | undefined;

  get issuer(): string {
    return `http://localhost:${this.port}`;
  }

  async start(...redirects: string[]): Promise<this> {
    this.port = await freePort();
    const provider = new Provider(this.issuer, {
      clients: [{ client_id: this.client.id, client_secret: this.client.secret, redirect_uris: redirects, grant_types: ['authorization_code'], response_types: ['code'] }],
      jwks: { keys: [this.key.jwk] },
      cookies: { keys: ['for tests'] },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_: unknown, i: { uid: string }) => `/interaction/${i.uid}` },
      findAccount: (_: unknown, id: string) => ({ accountId: id, claims: async () => ({ ...this.person, sub: id }) }),
      loadExistingGrant: async (ctx: any) => {
        const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
    });
    provider.use(async (ctx: any, next: () => Promise<void>) => {
      this.asked[ctx.path] = (this.asked[ctx.path] ?? 0) + 1;
      await next();
      if (ctx.path === '/token' && ctx.body?.id_token && this.lie) ctx.body = { ...ctx.body, id_token: this.#changed(ctx.body.id_token, this.lie) };
      if (ctx.path === '/jwks' && this.published) ctx.body = { keys: this.published };
    });
    const callback = provider.callback();
    this.#server = createServer((req, res) => {
      if (!req.url?.startsWith('/interaction/')) return callback(req, res);
      void provider.interactionFinished(req, res, { login: { accountId: this.person.sub } }, { mergeWithLastSubmission: false });
    });
    await new Promise<void>((done) => this.#server!.listen(this.port, 'localhost', done));
    return this;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((done) => (this.#server ? this.#server.close(() => done()) : done()));
  }

  #changed(token: string, lie: (t: Token) => void): string {
    const [head, body] = token.split('.').map((s) => Buffer.from(s, 'base64url').toString());
    const t: Token = { header: JSON.parse(head!), claims: JSON.parse(body!), key: createPrivateKey({ key: this.key.jwk as any, format: 'jwk' }) };
    lie(t);
    const b64 = (v: unknown) => Buffer.from(JSON.stringify(v)).toString('base64url');
    const text = `${b64(t.header)}.${b64(t.claims)}`;
    const s = sign('sha256', Buffer.from(text), { key: t.key, dsaEncoding: 'ieee-p1363' });
    return `${text}.${(t.signature?.(s) ?? s).toString('base64url')}`;
  }
}

/** A browser without a screen: keeps every cookie of both sides, and goes to the provider and back. */
export class Walker {
  readonly node: MatineeNode;
  readonly cookies = new Map<string, Map<string, string>>();
  constructor(node: MatineeNode) {
    this.node = node;
  }

  async ask(method: string, url: string, body?: unknown): Promise<Response> {
    const jar = this.cookies.get(new URL(url).host) ?? new Map<string, string>();
    this.cookies.set(new URL(url).host, jar);
    const r = await fetch(url, {
      method, redirect: 'manual',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(method === 'GET' ? {} : { origin: this.node.url }),
        ...(jar.size ? { cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; ') } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const c of r.headers.getSetCookie()) {
      const [pair] = c.split(';');
      const at = pair!.indexOf('=');
      if (pair!.length === at + 1) jar.delete(pair!.slice(0, at));
      else jar.set(pair!.slice(0, at), pair!.slice(at + 1));
    }
    return r;
  }
  api = (method: string, path: string, body?: unknown) => this.ask(method, this.node.url + path, body);
  async json(method: string, path: string, body?: unknown): Promise<any> {
    const r = await this.api(method, path, body);
    const text = await r.text();
    if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** Begins, signs in at the provider, and stands at our page with this answer. */
  async away(link = false, n = 1): Promise<Record<string, string>> {
    const { url } = await this.json('POST', `/api/v1/oidc/providers/${n}/${link ? 'link-authorization' : 'authorization'}`, link ? {} : undefined);
    return await this.follow(url);
  }
  async follow(url: string): Promise<Record<string, string>> {
    let at = url;
    for (let i = 0; i < 10; i++) {
      const r = await this.ask('GET', at);
      const next = r.headers.get('location');
      if (!next) throw new Error(`${at}: ${r.status} ${await r.text()}`);
      at = new URL(next, at).href;
      if (at.startsWith(`${this.node.url}/sign-in/oidc/`)) return Object.fromEntries(new URL(at).searchParams);
    }
    throw new Error('the provider sends us round and round');
  }
  finish = (answer: Record<string, string>, n = 1) => {
    const { state, code, iss, error } = answer;
    return this.api('POST', `/api/v1/oidc/providers/${n}/session`, { state, ...(code ? { code } : {}), ...(iss ? { iss } : {}), ...(error ? { error } : {}) });
  };
  link = ({ state, code, iss }: Record<string, string>) => this.api('POST', '/api/v1/oidc/providers/1/link', { state, code, iss });
}
