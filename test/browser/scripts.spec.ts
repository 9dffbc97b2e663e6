// Scripts in every text field: each body of the API is made from its own table, with a script in every text that it takes, sent by
// who may, and then both apps are walked, link by link. Nothing of it may become an element, run, or be stopped only by
// the content policy. A new field of a body is tried by itself; a new route that refuses its body fails here until it has a line below.
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { signedInContext } from '../lib/browser.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { ask, nameOf, routes, sample, schemas, strangerId, type Answer, type Field, type Route } from '../lib/routes.ts';
import { tableInsert } from '../lib/tables.ts';

const node = new MatineeNode();
const film = '01J00000000000000000000001';
let who: Client;

/* The longest that fits; what is shorter than the last holds no element. */
const scripts = [
  `"'><script>xss()</script><img src=x onerror=xss() data-xss><svg onload=xss() data-xss></svg><a href="javascript:xss()" data-xss>{{7*7}}\${7*7}</a>`,
  `'"><img src=x onerror=xss() data-xss>`,
  `<img src=x data-xss>`,
  `<b data-xss>`,
];
const script = (f: Field) => scripts.find((s) => s.length >= f.min && s.length <= (f.max || 60)) ?? 'x'.repeat(Math.max(1, f.min));

/** Routes whose text is not there to be read again, or that need what this test has not. */
const code = 'a code that is compared, not kept', gateway = 'goes to a gateway; what is kept is what the gateway says', key = 'what an authenticator made, not a text';
const elsewhere: Record<string, string> = {
  'POST /api/v1/accounts': 'made at the start, with a script for a name',
  'POST /api/v1/session': 'an address and a password that are compared',
  'POST /api/v1/device/token': code,
  'POST /api/v1/device/lookup': code,
  'POST /api/v1/device/decision': code,
  'POST /api/v1/passkeys/sign-in': key,
  'POST /api/v1/session/proof': key,
  'POST /api/v1/passkeys/sign-up': key,
  'POST /api/v1/passkeys': key,
  'PUT /api/v1/session/profile': key,
  'PATCH /api/v1/passkeys/{id}': 'there is no authenticator here; its name is text as a device\'s is, on the same page',
  'POST /api/v1/oidc/providers/{provider}/session': 'what a provider says, compared with what it was asked',
  'POST /api/v1/oidc/providers/{provider}/link': 'the same',
  'POST /api/v1/uploads/{id}/import': 'describes a title by the same texts as POST /api/v1/editor/titles, and needs a film',
  'POST /api/v1/editor/titles/{id}/encode': 'needs a film that came by an import; its one text is a box of numbers',
  'POST /api/v1/billing/quote': code,
  'POST /api/v1/subscription': gateway,
  'POST /api/v1/subscription/pay': gateway,
  'POST /api/v1/purchases': gateway,
  'PUT /api/v1/payment-method': gateway,
  'POST /api/v1/billing/store': gateway,
  'POST /api/v1/gift-codes/redeem': code,
  'POST /api/v1/operator/payments/{id}/refunds': 'goes to a gateway, and into the audit log as every body does',
  'POST /api/v1/playback': 'needs a film to name its device',
  'POST /api/v1/editor/titles/{id}/versions': 'takes the film of a draft',
  'PATCH /api/v1/editor/titles/{id}/versions/{version}': 'needs a second film; its name stands in a text input and a list, as a title\'s does',
  'PATCH /api/v1/devices/{id}': 'there is no device before something plays',
};

/** Texts that have a form of their own, as the route wants them; what stands here is no place for a script. */
const plain: Record<string, unknown> = {
  slug: undefined, revision: undefined, parent_id: undefined, publish_at: undefined, unpublish_at: undefined, year: 1999, type: 'text', options: undefined, kind: undefined,
  'EditorPutGenres.items': [], 'EditorPutStudios.items': [], 'EditorPutRatings.items': [{ system: 'FSK', label: '12' }], genres: undefined, studios: undefined, ratings: undefined, external_ids: undefined, custom: undefined, person: undefined,
  'EditorMarker.from_s': 0, 'EditorMarker.to_s': 9, 'EditorExternalId.scheme': 'own', 'EditorCustom.name': 'note', 'EditorFieldPut.name': 'note', territories: ['DE'], except: [], ends_at: undefined,
  plan: 'scripted', 'StorefrontSave.revision': 0, 'ThemeSave.revision': 0, 'EditorTitleNew.markers': undefined, 'EditorTitleNew.published': false, 'RightsWindowWrite.id': undefined, 'EditorTitleChange.published': undefined,
  'Cue.start_ms': 0, 'Cue.end_ms': 2000, 'CueSave.revision': 1, 'SubtitleChange.revision': 2, 'SubtitleChange.forced': false, 'SubtitleChange.lang': 'en',
  'ApiKeyNew.scopes': ['catalog:read'], 'ApiKeyNew.ranges': undefined, 'ApiKeyNew.expires_at': undefined,
  'WebhookNew.url': 'https://93.184.216.34/', 'WebhookNew.events': ['title.published'], 'WebhookChange.url': undefined, 'WebhookChange.events': ['title.published'],
  currency: 'EUR', country: 'DE', released_on: '2001-02-03', 'EditorFieldPut.type': 'text',
};

/* What the texts of one field are called in an answer: "people[0].name" -> "people.name". */
const bare = (at: string) => at.replaceAll(/\[\d+\]/g, '').replaceAll(/\.\w*'.*$/g, '');

function value(schema: string, f: Field, at: string, refused: ReadonlySet<string>): unknown {
  const own = `${schema}.${f.name}`;
  if (own in plain) return plain[own];
  if (!f.required && f.name in plain) return plain[f.name];
  const named = plain[f.name];
  if (f.type === 'obj') return body(f.ref!, at, refused);
  if (named !== undefined && f.type === 'str') return named;
  if (f.values || refused.has(at)) return sample(schema, true)[f.name];
  if (f.type === 'str' || f.type === 'any') return script(f);
  if (f.type === 'url') return 'javascript:xss()';
  if (f.type === 'id') return f.name.includes('title') || f.name === 'id' ? film : strangerId();
  return sample(schema, true)[f.name];
}

/** Every field that there is; of those that were refused twice, only what must be. */
function body(schema: string, at: string, refused: ReadonlySet<string>): Record<string, unknown> {
  const o: Record<string, unknown> = {};
  for (const f of schemas[schema]!) {
    const here = at ? `${at}.${f.name}` : f.name;
    if (refused.has(`${here} left out`) && !f.required) continue;
    const one = value(schema, f, here, refused);
    if (one === undefined) continue;
    o[f.name] = f.array && !Array.isArray(one) ? [one] : f.map && f.type !== 'obj' && typeof one !== 'object' ? { en: one } : one;
  }
  return o;
}

const made: Record<string, string> = {};
function pathOf(r: Route): string {
  const above = (name: string) => r.path.slice(0, r.path.indexOf(`/{${name}}`));
  return r.params.reduce((path, p) => path.replace(`{${p.name}}`, made[above(p.name)] ?? (/titles$/.test(above(p.name)) ? film : p.type === 'id' ? strangerId() : p.type === 'int' ? '1' : p.name === 'country' ? 'DE' : p.name === 'code' ? 'SCRIPTED' : 'scripted')), r.path);
}

/** Sent as it stands; where a field is refused, without that field's script, then without the field. */
async function store(r: Route): Promise<Answer> {
  const refused = new Set<string>();
  for (;;) {
    const answer = await ask(node, r.method, pathOf(r), { cookie: who.cookie, json: body(r.body!, '', refused) });
    const fields: string[] = answer.status === 400 ? (answer.json?.errors ?? []).map((e: { field: string }) => bare(e.field)) : [];
    const fresh = fields.map((f) => (refused.has(f) ? `${f} left out` : f)).filter((f) => !refused.has(f));
    if (!fresh.length) return answer;
    fresh.forEach((f) => refused.add(f));
  }
}

test.beforeAll(async () => {
  await node.start({ args: ['--billing-test-gateway', '--billing-country', 'DE'] });
  const at = 1_700_000_000_000;
  tableInsert(node, 'title', { id: film, slug: 'film', lang: 'en', year: 1999, published: 1, published_at: at, listed_at: at, search: '', created_at: at, updated_at: at, maturity: 0, shown: 2 });
  tableInsert(node, 'version', { id: film.replace('J', 'K'), title_id: film, kind: 'main', asset_id: null, created_at: at });
  tableInsert(node, 'title_text', { title_id: film, lang: 'en', name: 'A film', synopsis: '' });
  const ed = new Client(node);
  await ed.json('POST', '/api/v1/accounts', { email: 'ed@example.org', password: 'a long enough password', name: scripts[1] });
  who = await ed.become('viewer,editor,operator');
  const cues = `1\n00:00:00,000 --> 00:00:02,000\n${scripts[1]}\n`;
  const sent = await fetch(`${node.url}/api/v1/editor/titles/${film}/subtitles?lang=en&label=${encodeURIComponent(scripts[2]!)}`, { method: 'POST', headers: { 'content-type': 'application/octet-stream', origin: node.url, cookie: who.cookie }, body: cues });
  expect(sent.status).toBe(201);
  made['/api/v1/editor/subtitles'] = (await sent.json()).id;
  made['/api/v1/operator/accounts'] = (await who.json('GET', '/api/v1/session')).account.id;
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

/** What a script would leave behind: an element, a call, a refusal by the policy. */
async function watched(context: BrowserContext, faults: string[]): Promise<Page> {
  const page = await context.newPage();
  await page.exposeFunction('told', (what: string) => faults.push(`${page.url()}: ${what}`));
  await page.addInitScript(() => {
    const tell = (what: string) => void (window as any).told(what);
    (window as any).xss = () => tell('a script ran');
    document.addEventListener('securitypolicyviolation', (e) => tell(`the policy stopped ${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
  });
  page.on('dialog', (d) => (faults.push(`${page.url()}: a dialog`), d.dismiss()));
  return page;
}

/* No element of a text's, and no address that is a script. */
const elements = () => [...document.querySelectorAll('[data-xss], [href^="javascript:" i], [src="x"]')].map((e) => e.outerHTML.slice(0, 120));

/** Goes from link to link, one of each kind of address, and opens the first row of every table. */
async function walk(page: Page, from: string, faults: string[]): Promise<{ seen: string[]; text: string }> {
  const kind = (path: string) => path.replace(/[?#].*$/, '').replaceAll(/\/[^/]*([0-9]|scripted|film|img|script|xss)[^/]*/gi, '/*');
  const left = [from], seen = new Set([kind(from)]);
  let text = '';
  for (let path = left.shift(); path; path = left.shift()) {
    await page.goto(node.url + path, { waitUntil: 'load' });
    await page.waitForLoadState('networkidle');
    await expect(page.locator('[aria-busy=true]'), `${path} is there`).toHaveCount(0);
    const row = page.locator('tbody tr[tabindex]').first();
    if (await row.count()) await row.press('Enter').then(() => page.waitForTimeout(150));
    text += await page.evaluate(() => document.body.innerText);
    faults.push(...(await page.evaluate(elements)).map((e) => `${path}: ${e}`));
    const links = await page.evaluate(() => [...document.querySelectorAll<HTMLAnchorElement>('a[href]')].filter((a) => a.origin === location.origin).map((a) => a.pathname + a.search));
    for (const link of links) if (!seen.has(kind(link)) && link.startsWith(from) && (from !== '/' || !/^\/(console|docs|api)/.test(link)) && !/sign-out/.test(link)) seen.add(kind(link)), left.push(link);
  }
  return { seen: [...seen], text };
}

test('no text of anybody becomes more than text, in either app', async ({ browser }) => {
  const order = { POST: 0, PUT: 1, PATCH: 2 } as Record<string, number>;
  const holds = (schema: string): boolean => schemas[schema]!.some((f) => ((f.type === 'str' || f.type === 'any') && !f.values) || (f.type === 'obj' && f.ref !== schema && holds(f.ref!)));
  const wanted = routes.filter((r) => r.body && r.method in order && holds(r.body)).sort((a, b) => order[a.method]! - order[b.method]!);
  const refused: string[] = [];
  for (const r of wanted.filter((one) => !(nameOf(one) in elsewhere))) {
    const answer = await store(r);
    if (answer.status >= 300) refused.push(`${nameOf(r)}: ${answer.status} ${answer.text.slice(0, 160)}`);
    else if (r.method === 'POST') made[r.path] = answer.json?.id ?? answer.json?.webhook?.id ?? made[r.path];
  }
  expect(refused, 'each needs a line above, or text of the right form').toEqual([]);
  expect(Object.keys(elsewhere).filter((name) => !wanted.some((r) => nameOf(r) === name)), 'gone').toEqual([]);
  node.run('search-index');

  const context = await signedInContext(browser, node, who), faults: string[] = [];
  const page = await watched(context, faults);
  const viewer = await walk(page, '/', faults), console_ = await walk(page, '/console', faults);
  expect(faults).toEqual([]);
  /* The texts were there to be seen. */
  for (const { text, seen } of [viewer, console_]) {
    expect(text).toContain('<img src=x');
    expect(seen.length).toBeGreaterThan(7);
  }
  /* And it would have been noticed. */
  await page.evaluate((html) => document.body.insertAdjacentHTML('beforeend', html), scripts[0]!);
  await expect.poll(() => faults.length).toBeGreaterThan(0);
  expect(await page.evaluate(elements)).not.toEqual([]);
});
