// Every body that a route reads, as nobody means it: broken, bent, too deep, too long, of the wrong kind. Always a refusal
// that says so (RFC 9457), never an error of ours, and the server is there afterwards.
import { expect, test } from '@playwright/test';
import { ask, fieldsOf, nameOf, routes, sample, strangerId, type Answer, type Field, type Route } from '../lib/routes.ts';
import { World } from '../lib/world.ts';

const world = new World();
const staff: string[] = []; // cookies of people with every role: a limit counts by account
test.beforeAll(async () => {
  await world.start();
  for (let i = 0; i < 10; i++) staff.push((await world.staff('viewer,editor,operator')).cookie);
});
test.afterAll(async () => await world.stop());

const asked = (r: Route) => r.params.reduce((path, p) => path.replace(`{${p.name}}`, p.type === 'id' ? strangerId() : p.type === 'int' ? '1' : 'no-such-thing'), r.path);
const alive = async () => expect((await fetch(`${world.node.url}/healthz`)).status).toBe(200);
const withBody = routes.filter((r) => r.body);
let turn = 0;
const someone = () => staff[turn++ % staff.length]!;

function complaint(a: Answer, what: string, statuses?: number[]): string | undefined {
  const is = `${what}: ${a.status} ${a.text.slice(0, 200)}`;
  if (a.status < 400 || a.status >= 500) return is;
  if (a.json?.code === undefined || !String(a.headers['content-type']).startsWith('application/problem+json')) return `no problem+json: ${is}`;
  if (typeof a.json.detail !== 'string' || a.json.detail.length < 5 || a.json.status !== a.status) return `says too little: ${is}`;
  if (statuses && !statuses.includes(a.status)) return is;
  return undefined;
}

/** Bodies that are wrong whatever the route wants. */
function broken(r: Route): [string, string | Uint8Array][] {
  const good = JSON.stringify(sample(r.body!));
  const some = good === '{}' ? '{"x":1}' : good;
  const first = Object.keys(JSON.parse(some))[0]!;
  return [
    ['nothing', ''],
    ['half of it', some.slice(0, -1)],
    ['something behind it', good + '{}'],
    ['a word', 'hello'],
    ['a number', '1'],
    ['null', 'null'],
    ['a list', `[${good}]`],
    ['a string', JSON.stringify(good)],
    ['a comma too many', some.replace(/\}$/, ',}')],
    ['single quotes', some.replaceAll('"', "'")],
    ['not a number', '{"x":NaN}'],
    ['1e400', '{"x":1e400}'],
    ['1e308', '{"x":1e308}'],
    ['a whole number of 30 digits', '{"x":123456789012345678901234567890}'],
    ['deep lists', '['.repeat(3000) + ']'.repeat(3000)],
    ['deep objects', '{"x":'.repeat(500) + '1' + '}'.repeat(500)],
    ['deep and never closed', '{"x":['.repeat(600)],
    ['NUL, raw', '{"x":"a\0b"}'],
    ['NUL, escaped', '{"x":"a\\u0000b"}'],
    ['NUL in a name', '{"a\\u0000b":1}'],
    ['half a surrogate', '{"x":"\\ud800"}'],
    ['the wrong half', '{"x":"\\udc00\\ud800"}'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0x78, 0x22, 0x3a, 0x22, 0xc3, 0x28, 0xff, 0x22, 0x7d])],
    ['an overlong slash', Buffer.from([0x7b, 0x22, 0x78, 0x22, 0x3a, 0x22, 0xc0, 0xaf, 0x22, 0x7d])],
    ['UTF-16', Buffer.from(some, 'utf16le')],
    ['a byte order mark', '\uFEFF' + some],
    ['a field twice', `{"${first}":1,${some.slice(1)}`],
    ['a control character', '{"x":"\u0007"}'],
    ['a name of 3000 letters', `{"${'x'.repeat(3000)}":1}`],
    ['an empty name', '{"":1}'],
    ['500 fields', `{${Array.from({ length: 250 }, (_, i) => `"f${i}":1`).join(',')}}`],
  ];
}

/** One field of the shape with what it must not take. */
function wrong(f: Field): [string, unknown][] {
  const bad: [string, unknown][] = [];
  const add = (what: string, v: unknown) => bad.push([what, v]);
  if (!f.nullable && f.type !== 'any') add('null', null);
  if (f.array) return [...bad, ['text for a list', 'x'], ['an object for a list', {}], ...((f.max ? [['a list too long', Array.from({ length: Math.min(f.max, 3000) + 1 }, () => 'x')]] : []) as [string, unknown][])];
  if (f.map) return [...bad, ['text for a map', 'x'], ['a list for a map', []]];
  switch (f.type) {
    case 'int':
      add('a fraction', 1.5);
      add('a huge float', 1e308);
    // fall through
    case 'num':
      add('text', '1');
      add('a list', [1]);
      add('true', true);
      if (f.max) add('one above', f.max + 1), add('far below', -1e15);
      break;
    case 'bool':
      add('1', 1);
      add('"true"', 'true');
      break;
    case 'obj':
      add('text', 'x');
      add('a list', []);
      break;
    case 'any':
      break;
    default:
      add('a number', 7);
      add('a list', ['x']);
      add('an object', { x: 1 });
      add('too long', 'x'.repeat((f.max || 2000) + 1));
      if (f.values) add('none of them', 'none-of-them');
      if (f.type === 'id') add('a path', '../../../../etc/passwd'.padEnd(26)), add('quotes', "' OR 1=1 --".padEnd(26));
      if (f.type === 'email') add('a header', 'a@example.org\r\nBcc: b@example.org'), add('no address', 'nobody');
      if (f.type === 'time') add('a day that is none', '2026-02-30T00:00:00Z'), add('words', 'tomorrow'), add('the year 99999', '99999-01-01T00:00:00Z');
      if (f.type === 'lang') add('a path', '../..');
      if (f.type === 'url') add('a script', 'javascript:alert(1)');
  }
  return bad;
}

function put(body: any, at: string[], value: unknown): void {
  let o = body;
  for (const [i, key] of at.entries()) {
    if (i === at.length - 1) o[key] = value;
    else o = Array.isArray(o[key]) ? o[key][0] : o[key]?.key !== undefined && Object.keys(o[key]).length === 1 ? o[key].key : o[key];
  }
}

test('every route with a body, given what is no JSON of its shape', async () => {
  const bad: string[] = [];
  let n = 0;
  for (const r of withBody) {
    for (const [what, body] of broken(r)) {
      const a = await ask(world.node, r.method, asked(r), { cookie: someone(), body });
      const c = complaint(a, `${nameOf(r)} with ${what}`, [400, 413]);
      if (c) bad.push(c);
      n++;
    }
    await alive();
  }
  expect(bad).toEqual([]);
  expect(n).toBeGreaterThan(500);
});

test('every field of every body, given what it does not take', async () => {
  const bad: string[] = [];
  let n = 0;
  for (const r of withBody) {
    for (const { at, field } of fieldsOf(r.body!))
      for (const [what, value] of wrong(field)) {
        const body = sample(r.body!, true);
        put(body, at, value);
        const a = await ask(world.node, r.method, asked(r), { cookie: someone(), json: body });
        const big = JSON.stringify(body).length > r.body_max;
        const c = complaint(a, `${nameOf(r)} ${at.join('.')}: ${what}`, big ? [413] : [400]);
        const named = big || (a.json?.errors ?? []).some((e: any) => String(e.field).replace(/\[\d+\]|\.key\b/g, '').startsWith(at[0]!));
        if (c || !named) bad.push(c ?? `not named: ${nameOf(r)} ${at.join('.')}: ${what}: ${a.text.slice(0, 200)}`);
        n++;
      }
    await alive();
  }
  expect(bad).toEqual([]);
  expect(n).toBeGreaterThan(300);
});

test('a body of the right shape with a stranger’s values is answered, or refused, and never breaks anything', async () => {
  const bad: string[] = [];
  for (const r of withBody.filter((x) => x.path !== '/api/v1/session' || x.method !== 'DELETE'))
    for (const all of [false, true])
      for (const text of [undefined, '\u202Egnp.exe', '😀'.repeat(3), '%00%0a', '${jndi:ldap://x}', "'; DROP TABLE account; --", '<script>alert(1)</script>']) {
        const body = sample(r.body!, all);
        if (text)
          for (const { at, field } of fieldsOf(r.body!)) if (at.length === 1 && ['str', 'secret'].includes(field.type) && !field.values && !field.array && !field.map && (all || field.required)) put(body, at, text);
        const a = await ask(world.node, r.method, asked(r), { cookie: someone(), json: body });
        if (a.status >= 500) bad.push(`${nameOf(r)}: ${a.status} ${JSON.stringify(body).slice(0, 200)} ${a.text.slice(0, 200)}`);
        if (a.text.includes('<script>') && String(a.headers['content-type']).includes('html')) bad.push(`${nameOf(r)} sends a script back`);
      }
  await alive();
  expect(bad).toEqual([]);
});

test('bodies beyond what a route takes are refused before they are read', async () => {
  const bad: string[] = [];
  for (const r of withBody) {
    const big = `{"x":"${'x'.repeat(r.body_max)}"}`;
    const a = await ask(world.node, r.method, asked(r), { cookie: someone(), body: big });
    const c = complaint(a, nameOf(r), [413]);
    if (c) bad.push(c);
    const declared = await ask(world.node, r.method, asked(r), { cookie: someone(), body: '{}', headers: { 'content-length': '2', 'content-encoding': 'gzip' } });
    if (declared.status >= 500) bad.push(`${nameOf(r)} as gzip: ${declared.status}`);
  }
  await alive();
  expect(bad).toEqual([]);
});

test('addresses and parameters as nobody means them', async () => {
  const bad: string[] = [];
  const bends = ['%00', '%2e%2e%2f%2e%2e%2fetc%2fpasswd', '..%5c..%5c', '%ff%fe', '%c0%af', "'%20OR%201=1--", 'x'.repeat(5000), '%E2%80%AE', '%0d%0aSet-Cookie:%20x=1', '-1', '9223372036854775808', ';id=1'];
  for (const r of routes.filter((x) => x.params.length))
    for (const bend of bends) {
      const path = r.params.reduce((p, { name }) => p.replace(`{${name}}`, bend), r.path);
      const a = await ask(world.node, r.method, path, { cookie: someone(), ...(r.body ? { json: sample(r.body) } : {}) });
      if (a.status >= 500 || a.headers['set-cookie']?.some((c) => c.startsWith('x='))) bad.push(`${r.method} ${path.slice(0, 120)}: ${a.status} ${a.text.slice(0, 200)}`);
      if (a.status < 300 && !['titles', 'plans', 'coupons', 'taxes', 'test-store'].some((w) => path.includes(w))) bad.push(`${r.method} ${path.slice(0, 120)}: ${a.status}`);
    }
  for (const r of routes.filter((x) => x.method === 'GET' && !x.flags.includes('sse')))
    for (const f of r.query.length ? r.query : [{ name: 'x' } as Field])
      for (const bend of [...bends, '1e308', 'NaN', '', '%', '%zz', '1&' + f.name + '=2']) {
        const path = r.params.reduce((p, q) => p.replace(`{${q.name}}`, q.type === 'id' ? strangerId() : 'no-such-thing'), r.path);
        const a = await ask(world.node, 'GET', `${path}?${f.name}=${bend}`, { cookie: someone() });
        if (a.status >= 500) bad.push(`GET ${path}?${f.name}=${bend.slice(0, 60)}: ${a.status} ${a.text.slice(0, 200)}`);
      }
  await alive();
  expect(bad).toEqual([]);
});

test('headers as nobody means them', async () => {
  const bad: string[] = [];
  for (const headers of [
    { cookie: 'matinee_session=' + 'x'.repeat(4000) },
    { cookie: 'matinee_session=\u00ff\u00fe; matinee_session=' + 'A'.repeat(43) },
    { cookie: ';;;=;matinee_session' },
    { 'accept-language': 'x'.repeat(3000) },
    { 'accept-language': 'en;q=NaN,*;q=-1,,,,;' },
    { 'idempotency-key': 'x'.repeat(2000) },
    { 'x-request-id': '\u00ffx'.repeat(50) },
    { 'if-none-match': '"' + 'x'.repeat(3000) },
    { range: 'bytes=9999999999999999999-' },
    { 'content-type': 'application/json; charset="\u00ff' },
  ] as Record<string, string>[])
    for (const r of [routes.find((x) => nameOf(x) === 'GET /api/v1/home')!, routes.find((x) => nameOf(x) === 'POST /api/v1/subscription')!, routes.find((x) => nameOf(x) === 'GET /api/v1/session')!]) {
      const a = await ask(world.node, r.method, r.path, { ...('cookie' in headers ? {} : { cookie: someone() }), headers, ...(r.body ? { json: sample(r.body) } : {}) });
      if (a.status >= 500) bad.push(`${nameOf(r)} ${JSON.stringify(headers).slice(0, 100)}: ${a.status}`);
    }
  await alive();
  expect(bad).toEqual([]);
});
