// The whole route table against people who should not: another account's rows, the wrong role, a foreign page, fields that
// are nobody's to set. Tests are made from the table, so that a new route is tested, or the test fails until it can be.
import { expect, test } from '@playwright/test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/media.ts';
import { erasureTests } from '../lib/erasure_tests.ts';
import { recipes } from '../lib/recipes.ts';
import { ask, fieldsOf, internal, nameOf, routes, sample, schemas, strangerId, type Answer, type Ask, type Route } from '../lib/routes.ts';
import { password, World, type Owned, type Person } from '../lib/world.ts';

const world = new World();
test.beforeAll(async () => {
  await world.start();
});
test.afterAll(async () => await world.stop());

const asked = (r: Route) => r.params.reduce((path, p) => path.replace(`{${p.name}}`, p.type === 'id' ? strangerId() : p.type === 'int' ? '1' : 'no-such-thing'), r.path);
/** What differs between two answers that should be told apart by nobody. */
const told = (a: Answer, ...ids: string[]) => {
  const text = JSON.stringify(a.json === undefined ? a.text : { ...a.json, request_id: '', instance: '' });
  return [a.status, ids.reduce((t, id) => t.replaceAll(id, '*'), text)];
};

test.describe('another account’s rows', () => {
  const forViewers = routes.filter((r) => r.roles.length === 0 || r.roles.includes('viewer'));
  const takes = (r: Route) => [...r.params.map((p) => p.name), ...(r.body ? fieldsOf(r.body).filter((f) => f.field.type === 'id').map((f) => f.at.join('.')) : [])];

  test('every id that a viewer’s route takes is somebody’s or nobody’s, and it is written down whose', () => {
    const wanted = forViewers.filter((r) => takes(r).length).map((r) => [nameOf(r), takes(r).sort()]);
    const written = Object.entries(recipes).map(([name, ids]) => [name, Object.keys(ids).sort()]);
    const missing = wanted.filter((w) => !written.some((x) => JSON.stringify(x) === JSON.stringify(w)));
    const stale = written.filter((w) => !wanted.some((x) => JSON.stringify(x) === JSON.stringify(w)));
    expect(missing, 'say in test/lib/recipes.ts whose these ids are').toEqual([]);
    for (const recipe of Object.values(recipes).flatMap((ids) => Object.values(ids))) if ('tested' in recipe) expect(existsSync(join(root, recipe.tested)), recipe.tested).toBe(true);
    expect(stale, 'test/lib/recipes.ts speaks of routes or ids that are not there').toEqual([]);
  });

  /** All that a person can see of itself. */
  const views = routes.filter((r) => r.method === 'GET' && r.roles.includes('viewer') && !r.params.length && !r.query.some((q) => q.required) && !r.flags.includes('sse') && r.status === 200);
  async function seen(who: Person, whole: boolean): Promise<Record<string, unknown>> {
    const of: Record<string, unknown> = {};
    for (const r of views.filter((v) => whole || v.per_minute >= 120)) {
      const a = await ask(world.node, r.method, r.path, { cookie: who.client.cookie });
      expect(a.status, `${nameOf(r)}: ${a.text}`).toBe(200);
      of[nameOf(r)] = JSON.parse(a.text);
    }
    of.state = (await ask(world.node, 'GET', `/api/v1/title-states/${world.film.title_id}`, { cookie: who.client.cookie })).json;
    return of;
  }
  /** The request in which one id is somebody's, and nothing else is wrong. */
  function request(r: Route, place: string, recipe: { body?: Record<string, unknown> | string }, id: string, whose: Person): [string, Ask] {
    const inPath = r.params.some((p) => p.name === place);
    const path = (inPath ? r.path.replace(`{${place}}`, id) : r.path).replace(/\{(\w+)\}/g, (_, name) => whose.params[name] ?? '1');
    if (typeof recipe.body === 'string') return [path, { body: recipe.body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }];
    const body: any = r.body ? (recipe.body ?? sample(r.body)) : undefined;
    if (inPath) return [path, { json: body }];
    const copy = structuredClone(body);
    const keys = place.split('.');
    let at = copy;
    for (const [i, key] of keys.entries()) {
      if (i === keys.length - 1) at[key] = id;
      else at = Array.isArray(at[key]) ? at[key][0] : (at[key] ??= {});
    }
    if ('title_id' in copy) copy.title_id = world.film.title_id;
    if (copy.version) Object.assign(copy, { version: 1, sent_at: new Date().toISOString() });
    return [path, { json: copy }];
  }

  for (const r of forViewers)
    for (const [place, recipe] of Object.entries(recipes[nameOf(r)] ?? {})) {
      const kind: Owned | undefined = 'own' in recipe ? recipe.own : 'silent' in recipe ? recipe.silent : undefined;
      if (!kind) continue;
      test(`${nameOf(r)}: ${place} of somebody else`, async () => {
        const before = await seen(world.ben, false);
        const theirs = world.ben.owns[kind];
        const nobodys = strangerId();
        const cookie = world.ana.client.cookie;
        const answers: Answer[] = [];
        for (const id of [nobodys, theirs]) {
          const [path, what] = request(r, place, recipe as { body?: Record<string, unknown> }, id, world.ben);
          answers.push(await ask(world.node, r.method, path, { cookie, ...what }));
        }
        const [none, other] = answers as [Answer, Answer];
        if ('own' in recipe) {
          expect([403, 404], other.text).toContain(other.status);
          expect(told(other, theirs)).toEqual(told(none, nobodys));
        } else {
          expect([other.status, other.json?.code], other.text).toEqual([none.status, none.json?.code]);
          expect(other.status, other.text).toBeLessThan(300);
          expect(other.text).not.toContain(theirs);
        }
        expect(await seen(world.ben, false)).toEqual(before);
        // The owner's own row is still there, and still theirs.
        expect((await ask(world.node, 'GET', '/api/v1/session', { cookie: world.ben.client.cookie })).status).toBe(200);
      });
    }

  test('the owner is let in where the neighbour was not', async () => {
    const who = await world.person('cleo');
    const denied: string[] = [];
    for (const r of forViewers)
      for (const [place, recipe] of Object.entries(recipes[nameOf(r)] ?? {})) {
        if (!('own' in recipe) || recipe.own === 'otherSession' || recipe.own === 'otherProfile' || recipe.own === 'playback' || recipe.own === 'device') continue;
        const [path, what] = request(r, place, recipe, who.owns[recipe.own], who);
        const a = await ask(world.node, r.method, path, { cookie: who.client.cookie, ...what });
        if (a.status === 404 || a.status === 403) denied.push(`${nameOf(r)}: ${a.status} ${a.text}`);
      }
    expect(denied, 'a recipe that refuses its owner proves nothing').toEqual([]);
  });
});

test.describe('roles', () => {
  test('every route × nobody, viewer, kids profile, editor, operator: as the table says', async () => {
    const kid = (await world.signedUp()).client;
    const { id } = await kid.json('POST', '/api/v1/profiles', { name: 'Mia', kids: true });
    await kid.json('PUT', '/api/v1/session/profile', { profile: id });
    const people: [string, string, string[]][] = [
      ['nobody', '', []],
      ['viewer', world.ana.client.cookie, ['viewer']],
      ['kids profile', kid.cookie, ['viewer']],
      ['editor', world.editor.cookie, ['viewer', 'editor']],
      ['operator', world.operator.cookie, ['viewer', 'operator']],
      ['a session that never was', `matinee_session=${'A'.repeat(43)}`, []],
    ];
    const wrong: string[] = [];
    for (const r of routes)
      for (const [name, cookie, roles] of people) {
        // Roles are looked at before parameters: what no route takes shows who got that far, and does nothing.
        const a = await ask(world.node, r.method, asked(r) + '?no-such-parameter=1', { cookie, ...(r.body ? { json: sample(r.body) } : {}) });
        const may = r.roles.length === 0 || r.roles.some((x) => roles.includes(x));
        const kids = name === 'kids profile' && r.flags.includes('adult');
        const want = kids ? '403 profile.kids' : may ? '400 invalid' : roles.length ? '403 forbidden' : '401 unauthenticated';
        const got = `${a.status} ${a.json?.code}`;
        const told = !may || kids || a.json?.errors?.some((e: any) => e.field === 'no-such-parameter');
        if (got !== want || !told) wrong.push(`${nameOf(r)} as ${name}: ${got}, not ${want}`);
      }
    expect(wrong).toEqual([]);
  });

  test('what anybody may change without signing in is a short list', () => {
    expect(routes.filter((r) => r.method !== 'GET' && !r.roles.length).map(nameOf).sort()).toEqual([
      'DELETE /api/v1/session',
      'POST /api/v1/account/email/confirm',
      'POST /api/v1/account/verification',
      'POST /api/v1/accounts',
      'POST /api/v1/device/code',
      'POST /api/v1/device/token',
      'POST /api/v1/licence/clearkey/{grant}',
      'POST /api/v1/licence/fairplay/{grant}',
      'POST /api/v1/licence/playready/{grant}',
      'POST /api/v1/licence/widevine/{grant}',
      'POST /api/v1/oidc/providers/{provider}/authorization',
      'POST /api/v1/oidc/providers/{provider}/session',
      'POST /api/v1/passkeys/sign-in',
      'POST /api/v1/passkeys/sign-in-options',
      'POST /api/v1/passkeys/sign-up',
      'POST /api/v1/passkeys/sign-up-options',
      'POST /api/v1/password-resets',
      'POST /api/v1/password-resets/confirm',
      'POST /api/v1/playback',
      'POST /api/v1/session',
      'POST /api/v1/session/second-factor',
      'POST /api/v1/webhooks/apple',
      'POST /api/v1/webhooks/google',
      'POST /api/v1/webhooks/roku/{secret}',
      'POST /api/v1/webhooks/stripe',
    ]);
  });

  test('an operator’s routes are an operator’s alone, and what is inside is nobody’s', async () => {
    for (const r of routes.filter((r) => r.path.startsWith('/api/v1/operator/'))) expect(r.roles, nameOf(r)).toEqual(['operator']);
    for (const r of internal)
      for (const headers of [{}, { 'x-matinee-internal': '1' }] as Record<string, string>[]) {
        const a = await ask(world.node, r.method, asked(r), { headers: { ...headers, 'x-forwarded-for': '10.0.0.1' }, cookie: world.operator.cookie });
        expect(a.status, `${nameOf(r)} ${JSON.stringify(headers)}`).toBe(404);
      }
  });

  test('a role that is given or taken away counts at once, and ends every session', async () => {
    const who = await world.staff('viewer,operator');
    const { account } = await who.json('GET', '/api/v1/session');
    expect((await who.call('GET', '/api/v1/operator/ledger')).status).toBe(200);
    const old = who.cookie;
    await who.become('viewer');
    expect((await ask(world.node, 'GET', '/api/v1/session', { cookie: old })).status).toBe(401);
    expect((await who.call('GET', '/api/v1/operator/ledger')).status).toBe(403);
    const viewer = who.cookie;
    world.node.run('user', 'role', account.email, '--role', 'operator');
    expect((await ask(world.node, 'GET', '/api/v1/operator/ledger', { cookie: viewer })).status).toBe(401);
  });
});

test.describe('foreign pages', () => {
  const writes = routes.filter((r) => r.method !== 'GET');
  const proofs = (): [string, Record<string, string>][] => [
    ['another site', { origin: 'https://evil.example' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['our name in front of theirs', { origin: `${world.node.url}.evil.example` }],
    ['our name as their user', { origin: `http://localhost:${world.node.port}@evil.example` }],
    ['another port of this host', { origin: `http://localhost:${world.node.port + 1}` }],
    ['a name that ends like ours', { origin: `http://evil-localhost:${world.node.port}` }],
    ['no origin and another site', { origin: '', 'sec-fetch-site': 'cross-site' }],
    ['a neighbouring host', { origin: '', 'sec-fetch-site': 'same-site' }],
    ['only a foreign referer', { origin: '', referer: 'https://evil.example/page' }],
    ['no proof at all', { origin: '' }],
  ];

  test('with the cookie, a foreign page changes nothing on any route', async () => {
    const wrong: string[] = [];
    for (const r of writes.filter((w) => !w.flags.includes('no_origin_check')))
      for (const [name, headers] of proofs()) {
        const { origin, ...rest } = headers;
        const a = await ask(world.node, r.method, asked(r), {
          cookie: world.operator.cookie, headers: { ...(origin ? { origin } : {}), ...rest }, noOrigin: !origin, ...(r.body ? { json: sample(r.body) } : {}),
        });
        if (a.status !== 403 || a.json?.code !== 'origin') wrong.push(`${nameOf(r)} from ${name}: ${a.status} ${a.json?.code}`);
      }
    expect(wrong).toEqual([]);
  });

  test('what needs no origin is authenticated by no cookie', () => {
    expect(writes.filter((r) => r.flags.includes('no_origin_check')).map(nameOf).sort()).toEqual([...['clearkey', 'fairplay', 'playready', 'widevine'].map((s) => `POST /api/v1/licence/${s}/{grant}`), 'POST /api/v1/webhooks/apple', 'POST /api/v1/webhooks/google', 'POST /api/v1/webhooks/roku/{secret}', 'POST /api/v1/webhooks/stripe']);
    for (const r of writes.filter((w) => w.flags.includes('no_origin_check'))) expect(r.roles, nameOf(r)).toEqual([]);
  });

  test('a form of another site cannot write JSON', async () => {
    const wrong: string[] = [];
    // RFC 8628 wants forms; what may be sent so needs nobody to be signed in, and the origin is looked at all the same.
    const forms = writes.filter((w) => w.flags.includes('form'));
    expect(forms.map((r) => [nameOf(r), r.roles])).toEqual([['POST /api/v1/device/code', []], ['POST /api/v1/device/token', []]]);
    for (const r of writes.filter((w) => w.body && !forms.includes(w)))
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '']) {
        const a = await ask(world.node, r.method, asked(r), { cookie: world.ana.client.cookie, body: JSON.stringify(sample(r.body!)), headers: { 'content-type': type } });
        if (![415, 403, 429].includes(a.status)) wrong.push(`${nameOf(r)} ${type}: ${a.status}`);
      }
    expect(wrong).toEqual([]);
  });

  test('no route redirects to where a request says', async () => {
    const wrong: string[] = [];
    for (const r of routes.filter((x) => x.method === 'GET' && !x.flags.includes('sse')))
      for (const query of ['?next=https://evil.example', '?redirect=//evil.example', '?return_to=%2F%2Fevil.example']) {
        const a = await ask(world.node, 'GET', asked(r) + query, { cookie: world.operator.cookie });
        if ((a.status >= 300 && a.status < 400) || String(a.headers.location ?? '').includes('evil')) wrong.push(`${nameOf(r)}${query}: ${a.status} ${a.headers.location}`);
      }
    for (const path of ['//evil.example', '/%2F%2Fevil.example', '/%2f%2fevil.example/%2e%2e', '/\\evil.example', '/\\/evil.example', '/%5cevil.example', '/%09//evil.example', '/https://evil.example', '/.//evil.example/',
      '/sign-in?next=//evil.example', '/sign-in?next=%2f%2fevil', '/sign-in?next=/\\evil', '/sign-in?next=javascript:alert(1)', '/api//evil.example', '//evil.example/api/v1/plans', '/assets//evil.example/..', '/art//evil.example/']) {
      const a = await ask(world.node, 'GET', path);
      expect(String(a.headers.location ?? ''), path).not.toMatch(/^(https?:)?[/\\]{2}/);
    }
    expect(wrong).toEqual([]);
  });
});

test.describe('what an answer says besides', () => {
  const answered = routes.filter((r) => r.method === 'GET' && !r.flags.includes('sse'));
  test('JSON is a download with a harmless name, and is not guessed at', async () => {
    const wrong: string[] = [];
    for (const r of answered)
      for (const query of ['', '?no-such-parameter=1']) {
        const a = await ask(world.node, 'GET', asked(r) + query, { cookie: world.operator.cookie });
        const json = /json/.test(String(a.headers['content-type']));
        if (json && !/^attachment; filename="[\w.-]+\.json"$/.test(String(a.headers['content-disposition']))) wrong.push(`${nameOf(r)}: ${a.status} ${a.headers['content-disposition']}`);
        if (a.text && a.headers['x-content-type-options'] !== 'nosniff') wrong.push(`${nameOf(r)}: ${a.status} may be guessed at`);
      }
    expect(wrong).toEqual([]);
  });

  test('no header and no answer to a stranger names a version of what runs here', async () => {
    const wrong: string[] = [];
    for (const path of ['/', '/healthz', '/api/openapi.json', '/api/v1/home', '/no-such-thing', '/m/x/y/z', ...answered.map(asked)]) {
      const a = await ask(world.node, 'GET', path);
      const headers = Object.entries(a.headers).filter(([name]) => !['etag', 'date', 'last-modified', 'x-request-id', 'content-length'].includes(name));
      for (const [name, value] of headers) if (/^(x-powered-by|x-generator|via)$/.test(name) || /\d+\.\d+\.\d+|\b(nginx|microhttpd|openssl|sqlite|postgresql|matinee)\/[\d.]+/i.test(String(value))) wrong.push(`${path}: ${name}: ${value}`);
      if (/\b(nginx|microhttpd|openssl|sqlite|postgresql|matinee)[/ ]v?\d+\.\d/i.test(a.text) || a.json?.version !== undefined || /^\d+\.\d/.test(a.json?.info?.version ?? '')) wrong.push(`${path}: ${a.text.slice(0, 200)}`);
    }
    expect(wrong).toEqual([]);
    expect((await ask(world.node, 'GET', '/healthz', { cookie: world.ana.client.cookie })).json.version).toBeUndefined();
    expect((await ask(world.node, 'GET', '/healthz', { cookie: world.operator.cookie })).json.version).toMatch(/^\d+\.\d+/);
  });
});

test.describe('fields that are nobody’s to set', () => {
  const privileged = ['role', 'roles', 'id', 'account', 'account_id', 'owner', 'verified', 'email_verified', 'verified_at', 'amount', 'amount_minor', 'price_minor', 'currency',
    'credit', 'state', 'entitled', 'created_at', 'password_hash', 'token_hash', 'is_admin', 'kid', '__proto__', 'constructor'];

  test('no body of a viewer’s has one', () => {
    const found: string[] = [];
    for (const r of routes.filter((x) => x.body && !x.roles.includes('operator') && !x.roles.includes('editor')))
      for (const { at, field } of fieldsOf(r.body!)) if (privileged.includes(field.name) && !allowed.includes(`${r.body}.${at.join('.')}`)) found.push(`${nameOf(r)}: ${at.join('.')}`);
    expect(found).toEqual([]);
  });
  /** What looks like one and is none. */
  const allowed = ['PlaybackAsk.device.id', 'Heartbeat.state', 'ClientEvents.events.id', 'OidcAnswer.state', 'PasskeyNew.credential.id', 'PasskeySignIn.credential.id', 'ProfileChoice.credential.id'];

  test('every body refuses each of them by name, in objects within it too', async () => {
    const wrong: string[] = [];
    for (const r of routes.filter((x) => x.body)) {
      const who = r.per_minute < 30 ? (await world.signedUp()).client : r.roles.includes('viewer') || !r.roles.length ? world.ana.client : r.roles.includes('operator') ? world.operator : world.editor;
      const body: any = sample(r.body!, true);
      const expected: string[] = [];
      const spoil = (o: any, schema: string, at: string): void => {
        const known = schemas[schema]!.map((f) => f.name);
        for (const name of privileged.filter((p) => !known.includes(p)).slice(0, 20)) {
          Object.defineProperty(o, name, { value: 'operator', enumerable: true, configurable: true });
          expected.push(at + name);
        }
      };
      spoil(body, r.body!, '');
      const a = await ask(world.node, r.method, asked(r), { cookie: who.cookie, json: body });
      const named = (a.json?.errors ?? []).map((e: any) => e.field);
      if (a.status !== 400 || expected.some((f) => !named.includes(f))) wrong.push(`${nameOf(r)}: ${a.status} ${a.text.slice(0, 300)}`);
      for (const { at, field } of fieldsOf(r.body!).filter((f) => f.field.type === 'obj' && f.at.length === 1)) {
        const inner: any = sample(r.body!, true);
        const target = field.array ? inner[at[0]!][0] : field.map ? inner[at[0]!].key : inner[at[0]!];
        expected.length = 0;
        spoil(target, field.ref!, '');
        const b = await ask(world.node, r.method, asked(r), { cookie: who.cookie, json: inner });
        const refused = (b.json?.errors ?? []).filter((e: any) => String(e.field).startsWith(at[0]!)).length;
        if (b.status !== 400 || refused < expected.length) wrong.push(`${nameOf(r)} ${at[0]}: ${b.status} ${b.text.slice(0, 300)}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('nobody is made an operator or confirmed by the way they sign up', async () => {
    const email = `mallory-${Date.now()}@example.org`;
    for (const more of [{ roles: ['operator'] }, { role: 'operator' }, { email_verified: true }, { account: { roles: ['operator'] } }])
      expect((await ask(world.node, 'POST', '/api/v1/accounts', { json: { email, password, ...more } })).status).toBe(400);
    const a = await ask(world.node, 'POST', '/api/v1/accounts', { json: { email, password } });
    expect(a.status).toBe(201);
    expect(a.json.account).toMatchObject({ roles: ['viewer'], email_verified: false });
  });
});

erasureTests(world);
