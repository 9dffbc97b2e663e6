// Every screen of both apps, once: what the tests look through and script/screens draws. A route of a router that no screen here opens is
// a fault (routeFaults), so that no new screen is left out.
import { expect, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { playsTo } from './browser.ts';
import { root } from './media.ts';
import type { Client } from './node.ts';

/** What there is to be looked at. Slugs and ids; '' where the catalogue has none. */
export interface Place {
  film: string;
  plays: string; // the film with the most sound and subtitles to choose from
  tracks: boolean; // whether there is a choice at all
  series: string;
  episode: string;
  genre: string;
  person: string;
  collection: string;
  plan: string; // of a plan that is sold
  word: string; // that finds something
  filmId: string; // for staff
  seriesId: string;
  customer: string;
  things: Record<'people' | 'genres' | 'collections', string>; // ids, for staff
  subtitle: string; // "<title>/subtitles/<one of its>"
}

/** nobody: signed out; newcomer: an account that has done nothing yet; viewer: one who has; staff. */
export type Who = 'nobody' | 'newcomer' | 'viewer' | 'staff';
export interface Screen {
  app: 'viewer' | 'console';
  /** As the app's router writes it; '/' for its index. */
  route: string;
  name: string;
  who: Who;
  /** undefined: this catalogue has nothing to show there. */
  path: (place: Place) => string | undefined;
  /** What is there once the screen is. */
  ready: string;
  then?: (page: Page, place: Place) => Promise<void>;
  /** Statuses that are asked for on purpose. */
  says?: number[];
  /** The player's keys are its own: no walk by arrows. */
  player?: true;
}

const id = (page: Page, name: string) => page.locator(`[data-testid=${name}]`);
const one = (...names: string[]) => names.map((name) => `[data-testid=${name}]`).join(', ');
const slugged = (base: string, slug: string) => (slug ? `${base}/${slug}` : undefined);

type More = Partial<Pick<Screen, 'who' | 'then' | 'says' | 'player'>>;
const viewer = (route: string, name: string, path: Screen['path'], ready: string, more: More = {}): Screen => ({ app: 'viewer', route, name, who: 'viewer', path, ready, ...more });
const staff = (route: string, name: string, path: Screen['path'], more: More & { ready?: string } = {}): Screen => ({ app: 'console', route, name, who: 'staff', path, ready: 'main h1', ...more });
const player = (name: string, then: (page: Page) => Promise<void>, there: (p: Place) => boolean = () => true): Screen =>
  viewer('/watch/:slug', name, (p) => (there(p) ? `/watch/${p.plays}?from=0` : undefined), one('player'), {
    player: true,
    then: async (page) => {
      await playsTo(page, 0.5);
      await page.keyboard.press('k');
      await then(page);
    },
  });
const out = { who: 'nobody' } as const;

export const tour: Screen[] = [
  /* A password is typed on a television by those who ask for it; elsewhere the address changes nothing. */
  viewer('/sign-in', 'sign-in', () => '/sign-in?password=1', one('submit'), out),
  viewer('/sign-up', 'sign-up', () => '/sign-up?password=1', one('submit'), out),
  viewer('/sign-up', 'sign-up, refused', () => '/sign-up?password=1', one('submit'), { ...out, then: (page) => id(page, 'submit').click() }),
  viewer('/sign-in/oidc/:provider', 'back from a service, too late', () => `/sign-in/oidc/1?code=x&state=${'A'.repeat(43)}`, one('back'), { ...out, says: [400, 404] }),
  viewer('/forgot-password', 'forgot password', () => '/forgot-password', one('submit'), out),
  viewer('/reset-password', 'new password', () => '/reset-password#code=AAAA', one('submit'), out),
  viewer('/reset-password', 'new password, too late', () => '/reset-password', 'main h1', out),
  viewer('/verify', 'address proven, too late', () => '/verify#code=AAAA', 'main h1', { ...out, says: [400, 404] }),
  viewer('/confirm-email', 'new address, too late', () => '/confirm-email#code=AAAA', 'main h1', { ...out, says: [400, 404] }),
  viewer('/pair', 'code for a television', () => '/pair', one('user-code'), out),
  viewer('/', 'home', () => '/', one('home')),
  viewer('/title/:slug', 'title', (p) => `/title/${p.film}`, one('title')),
  viewer('/title/:slug', 'series', (p) => slugged('/title', p.series), one('episode')),
  viewer('/title/:slug', 'episode', (p) => slugged('/title', p.episode), one('series-link')),
  viewer('/title/:slug', 'no such title', () => '/title/no-such-title', one('state'), { says: [404] }),
  viewer('/browse', 'browse', () => '/browse', one('card')),
  viewer('/genre/:slug', 'genre', (p) => slugged('/genre', p.genre), one('card')),
  viewer('/genre/:slug', 'no such genre', () => '/genre/none', one('state'), { says: [404] }),
  viewer('/person/:slug', 'person', (p) => slugged('/person', p.person), one('card')),
  viewer('/collection/:slug', 'collection', (p) => slugged('/collection', p.collection), one('card')),
  viewer('/search', 'search', () => '/search', one('card')),
  viewer('/search', 'search, found', (p) => `/search?q=${encodeURIComponent(p.word)}`, one('found')),
  viewer('/search', 'search, nothing found', () => '/search?q=zzzz', one('state')),
  viewer('/my-list', 'my list', () => '/my-list', one('my-list', 'state')),
  viewer('/my-list', 'my list, empty', () => '/my-list', one('state'), { who: 'newcomer' }),
  viewer('/history', 'history', () => '/history', one('history', 'state')),
  viewer('/history', 'history, empty', () => '/history', one('state'), { who: 'newcomer' }),
  viewer('/account', 'account', () => '/account', one('account')),
  viewer('/account', 'deleting an account', () => '/account', one('delete'), { then: (page) => id(page, 'delete').click() }),
  viewer('/account', 'a new password', () => '/account', one('change-password'), { then: (page) => id(page, 'change-password').click() }),
  viewer('/profiles', 'profiles', () => '/profiles', one('profiles')),
  viewer('/profiles', 'a new profile', () => '/profiles', one('add-profile'), { then: (page) => id(page, 'add-profile').click() }),
  viewer('/plans', 'plans', () => '/plans', one('plans', 'state'), { who: 'newcomer' }),
  viewer('/checkout', 'checkout', (p) => (p.plan ? `/checkout?plan=${p.plan}&months=1` : '/checkout'), one('checkout', 'state', 'tv-address'), { who: 'newcomer' }),
  viewer('/billing/return', 'back from the bank, unknown', () => '/billing/return?payment=01ARZ3NDEKTSV4RRFFQ69G5FAV', 'main h1', { says: [404] }),
  viewer('/account/membership', 'membership', () => '/account/membership', one('membership', 'state')),
  viewer('/account/membership', 'membership, none', () => '/account/membership', one('membership', 'state'), { who: 'newcomer' }),
  viewer('/activate', 'a television’s code', () => '/activate', 'main h1'),
  viewer('/watch/:slug', 'nothing to watch', () => '/watch/no-such-title', one('play-error'), { says: [404] }),
  player('player', (page) => expect(id(page, 'settings')).toBeVisible()),
  player('player, audio and subtitles', (page) => id(page, 'audio-text').click(), (p) => p.tracks),
  player('player, settings', (page) => id(page, 'settings').click()),
  player('player, help', (page) => page.keyboard.press('?')),
  viewer('*', 'no such page', () => '/no/such/page', one('state')),

  staff('/', 'sign-in', () => '/', { ...out, ready: one('submit') }),
  staff('/', 'overview', () => '/'),
  staff('/', 'palette', () => '/', { then: async (page) => { await page.keyboard.press('Control+k'); await expect(id(page, 'palette-entry').first()).toBeVisible(); } }),
  staff('/', 'keys', () => '/', { then: async (page) => { await page.keyboard.press('?'); await expect(page.getByRole('dialog')).toBeVisible(); } }),
  staff('titles', 'titles', () => '/titles', { ready: one('row') }),
  staff('titles', 'titles, none found', () => '/titles?q=zzzz', { ready: one('state') }),
  staff('titles/:id', 'film', (p) => `/titles/${p.filmId}`, { ready: one('publish') }),
  staff('titles/:id', 'series', (p) => slugged('/titles', p.seriesId), { ready: one('publish') }),
  staff('titles/:id/rights', 'rights of a title', (p) => `/titles/${p.filmId}/rights`),
  staff('titles/:id/subtitles/:subtitle', 'subtitles', (p) => slugged('/titles', p.subtitle), { ready: one('line') }),
  staff('titles/:id/subtitles/:subtitle', 'times of subtitles', (p) => slugged('/titles', p.subtitle), { ready: one('line'), then: (page) => id(page, 'times').click() }),
  staff('titles/:id', 'no such title', () => '/titles/01ARZ3NDEKTSV4RRFFQ69G5FAV', { ready: one('state'), says: [404] }),
  staff('ingest/:tab?', 'ingest', () => '/ingest'),
  staff('storefront/:tab?', 'storefront', () => '/storefront'),
  staff('storefront/:tab?', 'look of the house', () => '/storefront/look'),
  staff('catalogue/:kind?', 'people', () => '/catalogue', { ready: one('row', 'state') }),
  ...(['genres', 'studios', 'collections', 'fields'] as const).map((kind) => staff('catalogue/:kind?', kind, () => `/catalogue/${kind}`, { ready: one('row', 'state') })),
  staff('catalogue/:kind/:id', 'person', (p) => slugged('/catalogue/people', p.things.people), { ready: one('thing-name') }),
  staff('catalogue/:kind/:id', 'genre', (p) => slugged('/catalogue/genres', p.things.genres), { ready: one('thing-slug') }),
  staff('catalogue/:kind/:id', 'collection', (p) => slugged('/catalogue/collections', p.things.collections), { ready: one('thing-published') }),
  staff('catalogue/:kind/:id', 'a new field', () => '/catalogue/fields/new', { ready: one('field-type') }),
  staff('rights', 'rights', () => '/rights'),
  staff('searches', 'searches', () => '/searches'),
  staff('plans/:tab?', 'plans', () => '/plans'),
  staff('plans/:tab?', 'a new plan', () => '/plans', { then: async (page) => { await page.locator('main').getByRole('button').first().click(); await expect(page.getByRole('dialog')).toBeVisible(); } }),
  staff('plans/:tab?', 'offers', () => '/plans/offers'),
  staff('plans/:tab?', 'coupons', () => '/plans/coupons'),
  staff('plans/:tab?', 'gift codes', () => '/plans/gift-codes'),
  staff('plans/:tab?', 'taxes', () => '/plans/taxes'),
  staff('customers', 'customers', () => '/customers'),
  staff('customers/:id', 'customer', (p) => slugged('/customers', p.customer), { ready: one('credit') }),
  staff('staff', 'staff', () => '/staff'),
  staff('developers/:tab?', 'api keys', () => '/developers'),
  staff('developers/:tab?', 'a new key', () => '/developers', { then: async (page) => { await page.getByRole('button', { name: 'New key' }).first().click(); await expect(page.getByRole('dialog').getByRole('checkbox').first()).toBeVisible(); } }),
  staff('developers/:tab?', 'webhooks', () => '/developers/webhooks'),
  staff('developers/webhooks/:id', 'no such webhook', () => '/developers/webhooks/01ARZ3NDEKTSV4RRFFQ69G5FAV', { ready: one('state'), says: [404] }),
  staff('settings', 'settings', () => '/settings'),
  staff('audit', 'audit', () => '/audit'),
  staff('*', 'no such page', () => '/nowhere', { ready: one('state') }),
];

/** The addresses in an app's router. */
export function routesOf(app: Screen['app']): string[] {
  const table = readFileSync(join(root, `web/${app}/src/app/router.tsx`), 'utf8');
  return [...new Set([...table.matchAll(/\bpath: '([^']+)'|\b(index): true/g)].map((m) => m[1] ?? '/'))];
}

/** Routes that no screen opens, screens of routes that are no more, and names that stand twice. */
export function routeFaults(): string[] {
  return (['viewer', 'console'] as const).flatMap((app) => {
    const routes = routesOf(app);
    const mine = tour.filter((screen) => screen.app === app);
    const opened = new Set(mine.map((screen) => screen.route));
    const names = mine.map((screen) => screen.name);
    return [
      ...(routes.length < 10 ? [`${app}: only ${routes.length} routes found: test/lib/tour.ts reads the router no more`] : []),
      ...routes.filter((route) => !opened.has(route)).map((route) => `${app}: nothing in test/lib/tour.ts opens the route ${route}`),
      ...[...opened].filter((route) => !routes.includes(route)).map((route) => `${app}: test/lib/tour.ts opens ${route}, which is no route`),
      ...names.filter((name, i) => names.indexOf(name) !== i).map((name) => `${app}: two screens are called ${name}`),
    ];
  });
}

/** What this catalogue has, as its viewers and, with staff's client, its editors and operators see it. */
export async function placeFind(viewer: Client, office?: Client): Promise<Place> {
  const list = async (query: string) => (await viewer.json('GET', `/api/v1/titles?limit=50&${query}`)).items as any[];
  const [films, series] = [await list('kind=film'), await list('kind=series')];
  if (!films.length) throw new Error('the catalogue has no film: there is nothing to look at');
  const whole = series[0] && (await viewer.json('GET', `/api/v1/titles/${series[0].slug}`));
  /* The most described film has the most to show. */
  const described = await Promise.all(films.slice(0, 12).map((film) => viewer.json('GET', `/api/v1/titles/${film.slug}`)));
  const rich = (t: any) => (t.logo ? 4 : 0) + (t.people.length ? 2 : 0) + (t.genres.length ? 1 : 0) + (t.tagline ? 1 : 0);
  const film = described.sort((a, b) => rich(b) - rich(a))[0]!;
  const choice = (t: any) => t.audio.length + t.text.length;
  const most = [...described].sort((a, b) => choice(b) - choice(a))[0]!;
  const { items: genres } = await viewer.json('GET', '/api/v1/genres');
  const { items: collections } = await viewer.json('GET', '/api/v1/collections');
  const plans = await viewer.call('GET', '/api/v1/plans?country=DE');
  const sold = plans.ok ? (await plans.json()).items : [];
  const customers = office ? await office.call('POST', '/api/v1/operator/accounts/search', { q: 'ana' }) : undefined;
  const found = customers?.ok ? (await customers.json()).items : [];
  const subtitles = office ? await office.call('GET', `/api/v1/editor/titles/${most.id}/subtitles`) : undefined;
  const subtitle = subtitles?.ok ? (await subtitles.json()).items[0] : undefined;
  const thing = async (kind: string): Promise<string> => (await office?.json('GET', `/api/v1/editor/${kind}?limit=1`))?.items[0]?.id ?? '';
  return {
    film: film.slug,
    plays: most.slug,
    tracks: choice(most) > 1,
    series: series[0]?.slug ?? '',
    episode: whole?.seasons.flatMap((s: any) => s.episodes)[0]?.slug ?? '',
    genre: (film.genres[0] ?? whole?.genres[0] ?? genres[0])?.slug ?? '',
    person: (film.people[0] ?? whole?.people[0])?.slug ?? '',
    collection: collections[0]?.slug ?? '',
    plan: sold[Math.floor(sold.length / 2)]?.slug ?? '',
    word: (film.name as string).split(' ').sort((a, b) => b.length - a.length)[0]!,
    filmId: film.id,
    seriesId: series[0]?.id ?? '',
    customer: found[0]?.id ?? '',
    things: { people: await thing('people'), genres: await thing('genres'), collections: await thing('collections') },
    subtitle: subtitle ? `${most.id}/subtitles/${subtitle.id}` : '',
  };
}

/** Opens a screen and waits until it is there. False: the catalogue has nothing to show on it. */
export async function screenOpen(page: Page, url: string, screen: Screen, place: Place): Promise<boolean> {
  const path = screen.path(place);
  if (path === undefined) return false;
  await page.goto(url + (screen.app === 'console' ? `/console${path}` : path));
  await page.locator(screen.ready).first().waitFor();
  await screen.then?.(page, place);
  return true;
}
