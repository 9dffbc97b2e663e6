// Every screen, for everybody: with a screen reader, on a telephone and a wall, with a remote, in German, with names that don't fit.
import { expect, test, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { stock } from '../lib/library.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { makeSeries, series } from '../lib/series.ts';
import { playsTo, position, signedInContext, watch } from '../lib/browser.ts';
import { focused as focusedOn, remoteFaults } from '../lib/remote.ts';
import { accessFaults, complaints, pastTheEdge, shiftSoFar } from '../lib/screens.ts';

const node = new MatineeNode();
let slug = '';
const others: string[] = [series.slug];
let episodes: string[] = [];

test.beforeAll(async () => {
  test.setTimeout(300_000);
  const films = stock(node, 3);
  slug = films[0]!.slug;
  episodes = films.slice(1).map((film) => film.slug);
  await node.start();
  await makeSeries(node, films[1]!, films[2]!, films[0]!);
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const id = (page: Page, name: string) => page.locator(`[data-testid=${name}]`);
const long = 'Die außerordentlich lange Geschichte der Donaudampfschifffahrtsgesellschaftskapitänswitwe';

type Screen = { name: string; open: (page: Page) => Promise<void>; signedOut?: true };
const visit = (name: string, path: () => string, there: string, then?: (page: Page) => Promise<void>): Screen => ({
  name,
  open: async (page) => {
    await page.goto(node.url + path());
    await expect(id(page, there).first()).toBeVisible();
    await then?.(page);
  },
});
const player = (name: string, then: (page: Page) => Promise<void>): Screen =>
  visit(name, () => `/watch/${slug}?from=0`, 'player', async (page) => {
    await playsTo(page, 0.5);
    await page.keyboard.press('k');
    await then(page);
  });

const screens: Screen[] = [
  { ...visit('sign-in', () => '/sign-in', 'submit'), signedOut: true },
  { ...visit('sign-up, refused', () => '/sign-up', 'submit', (page) => id(page, 'submit').click()), signedOut: true },
  visit('home', () => '/', 'home'),
  visit('title', () => `/title/${slug}`, 'title', async (page) => await expect(page.getByText('Also on the programme')).toBeVisible()),
  visit('series', () => `/title/${series.slug}`, 'episode'),
  visit('episode', () => `/title/${episodes[0]}`, 'series-link'),
  visit('browse', () => '/browse', 'card'),
  visit('genre', () => `/genre/${series.genre}`, 'card'),
  visit('no such genre', () => '/genre/none', 'state'),
  visit('person', () => `/person/${series.person}`, 'card'),
  visit('collection', () => `/collection/${series.collection}`, 'card'),
  visit('search', () => '/search', 'card'),
  visit('search, found', () => '/search?q=harbour', 'found'),
  visit('search, nothing found', () => '/search?q=zzzz', 'state'),
  visit('my list, empty', () => '/my-list', 'state'),
  visit('history, empty', () => '/history', 'state'),
  visit('account', () => '/account', 'account'),
  visit('profiles', () => '/profiles', 'profiles'),
  visit('deleting an account', () => '/account', 'account', (page) => id(page, 'delete').click()),
  visit('no such page', () => '/no/such/page', 'state'),
  visit('no such title', () => '/title/no-such-title', 'state'),
  visit('nothing to watch', () => '/watch/no-such-title', 'play-error'),
  player('player', (page) => expect(id(page, 'settings')).toBeVisible()),
  player('player, settings', (page) => id(page, 'settings').click()),
  player('player, help', (page) => page.keyboard.press('?')),
];

async function pageFor(browser: Browser, screen: Screen, client: Client, size: { width: number; height: number }): Promise<[BrowserContext, Page]> {
  const context = screen.signedOut ? await browser.newContext({ viewport: size }) : await signedInContext(browser, node, client);
  const page = await context.newPage();
  await page.setViewportSize(size);
  await page.emulateMedia({ reducedMotion: 'reduce' }); // a contrast that is measured in the middle of a fade is none
  return [context, page];
}

test('no screen shuts out who uses a screen reader or a keyboard, writes to the console, or moves while it loads', async ({ browser }) => {
  test.setTimeout(300_000);
  const ana = await new Client(node).signUp();
  const faults: string[] = [];
  for (const screen of screens) {
    const [context, page] = await pageFor(browser, screen, ana, { width: 1280, height: 720 });
    const said = complaints(page, /no such|nothing to watch/.test(screen.name) ? [404] : []);
    await screen.open(page);
    await page.waitForTimeout(400); // the pictures have come, or are coming
    for (const fault of [...(await accessFaults(page)), ...said]) faults.push(`${screen.name}: ${fault}`);
    const shift = await shiftSoFar(page);
    if (shift > 0.05) faults.push(`${screen.name}: the layout shifts by ${shift.toFixed(3)}`);
    await context.close();
  }
  expect(faults).toEqual([]);
});

test('nothing is cut off at the sides from 320 to 3840 px, with names that are longer than the screen', async ({ browser }) => {
  test.setTimeout(300_000);
  const ana = await new Client(node).signUp();
  const faults: string[] = [];
  for (const screen of screens) {
    const [context, page] = await pageFor(browser, screen, ana, { width: 320, height: 640 });
    await page.route(/\/api\/v1\/(home|titles)/, async (route) => {
      const reply = await route.fetch();
      const body = (await reply.text()).replaceAll('The Lighthouse', long).replaceAll('Harbour', 'قصة مدينة لا تنام أبدا في ليالي الشتاء الطويلة');
      await route.fulfill({ response: reply, body });
    });
    await screen.open(page);
    for (const [width, height] of [[320, 640], [390, 844], [768, 1024], [1440, 900], [3840, 2160]] as const) {
      await page.setViewportSize({ width, height });
      await page.waitForTimeout(100);
      for (const fault of await pastTheEdge(page)) faults.push(`${screen.name} at ${width}: ${fault}`);
    }
    await context.close();
  }
  expect(faults).toEqual([]);
});

test('with a remote: arrows walk the rows, the button opens, Back finds the place again', async ({ browser }) => {
  const page = await (await signedInContext(browser, node)).newPage();
  await page.setViewportSize({ width: 1920, height: 1080 });
  await page.goto(`${node.url}/?tv=1`);
  const focused = () => page.evaluate(() => (document.activeElement as HTMLElement).dataset.testid ?? document.activeElement?.closest<HTMLElement>('[data-slug]')?.dataset.slug ?? '');
  await expect.poll(focused).toBe('hero-play');
  await expect(page.locator('html')).toHaveCSS('font-size', '24px');
  await page.keyboard.press('ArrowDown');
  const first = await focused();
  await page.keyboard.press('ArrowRight');
  const second = await focused();
  expect([slug, ...others]).toContain(second);
  expect(second).not.toBe(first);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft'); // there is nothing further: the focus stays
  expect(await focused()).toBe(first);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${node.url}/title/${second}`);
  await expect.poll(focused).toBe('title-play');
  await page.keyboard.press('Escape');
  await expect(id(page, 'home')).toBeVisible();
  await expect.poll(focused).toBe(second);

  await page.goto(`${node.url}/watch/${slug}`);
  await playsTo(page, 0.5);
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => document.querySelector('video')!.paused)).toBe(true);
  const at = await position(page);
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => position(page)).toBeGreaterThan(at + 5);
  await page.keyboard.press('ArrowDown');
  await expect.poll(focused).toBe('play');
  await page.keyboard.press('ArrowRight');
  await expect.poll(focused).toBe('back-10');
  await page.context().close();
});

test('with a remote every screen has one focus, and arrows reach all of it', async ({ browser }) => {
  test.setTimeout(300_000);
  const ana = await new Client(node).signUp();
  const faults: string[] = [];
  const size = { width: 1920, height: 1080 };
  for (const out of [true, false]) {
    const context = out ? await browser.newContext({ viewport: size }) : await signedInContext(browser, node, ana);
    const page = await context.newPage();
    await page.setViewportSize(size);
    await page.goto(`${node.url}/no/such/page?tv=1`);
    /* A password is typed by those who ask for it. */
    if (out) await page.addInitScript(() => history.replaceState(null, '', `${location.pathname}?password=1`));
    for (const screen of screens.filter((one) => Boolean(one.signedOut) === out && !one.name.startsWith('player'))) {
      await screen.open(page);
      for (const fault of await remoteFaults(page)) faults.push(`${screen.name}: ${fault}`);
    }
    await context.close();
  }
  expect(faults).toEqual([]);
});

test('with a remote something has the focus while a screen loads, and then what the screen is about', async ({ browser }) => {
  const ana = await new Client(node).signUp();
  await ana.call('PUT', `/api/v1/title-states/${(await ana.json('GET', `/api/v1/titles/${slug}`)).id}/list`, { listed: true });
  const page = await (await signedInContext(browser, node, ana)).newPage();
  await page.setViewportSize({ width: 1920, height: 1080 });
  await page.goto(`${node.url}/?tv=1`);
  await expect(id(page, 'home')).toBeVisible();
  const slow: [string, string, string][] = [['/my-list', '**/api/v1/my-list*', slug], ['/history', '**/api/v1/history*', 'Go to the home page'], [`/title/${slug}`, `**/api/v1/titles/${slug}`, 'title-play']];
  for (const [path, api, first] of slow) {
    let go = () => {};
    const held = new Promise<void>((done) => (go = done));
    await page.route(api, (route) => held.then(() => route.continue()));
    await page.goto(node.url + path);
    await expect.poll(() => focusedOn(page)).not.toBe('');
    go();
    await expect.poll(() => focusedOn(page)).toBe(first);
    await page.unroute(api);
  }
  /* What is taken away leaves the focus to its neighbour. */
  await page.goto(`${node.url}/account`);
  await id(page, 'delete').focus();
  await id(page, 'delete').evaluate((element) => element.remove());
  await expect.poll(() => focusedOn(page)).toBe('export');
  await page.context().close();
});

test('speaks German to a German browser, and what was chosen goes before the browser', async ({ browser }) => {
  const context = await browser.newContext({ locale: 'de-DE' });
  const page = await context.newPage();
  await page.goto(`${node.url}/sign-in`);
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expect(id(page, 'submit')).toHaveText('Anmelden');
  await page.goto(`${node.url}/sign-up`);
  await page.fill('[name=email]', 'otto@example.org');
  await page.fill('[name=password]', 'a long enough password');
  await id(page, 'submit').click();
  await expect(id(page, 'row-new')).toContainText('Neu');
  await page.goto(`${node.url}/account`);
  await id(page, 'language').selectOption('en');
  await expect(page.getByRole('heading', { name: 'Account', exact: true })).toBeVisible();
  await page.goto(node.url);
  await expect(id(page, 'row-new')).toContainText('New');
  await context.close();
});

test('twelve languages: nothing is cut off; Arabic and Hebrew are mirrored, the player is not', async ({ browser }) => {
  const faults: string[] = [];
  const walk = async (page: Page, lang: string, path: string, there: string, widths: number[]) => {
    await page.goto(node.url + path);
    await expect(id(page, there).first()).toBeVisible();
    await expect(page.locator('html')).toHaveAttribute('lang', lang);
    for (const width of widths) {
      await page.setViewportSize({ width, height: 844 });
      for (const fault of await pastTheEdge(page)) faults.push(`${lang} ${path} at ${width}: ${fault}`);
    }
  };
  const choose = (context: BrowserContext) => context.addInitScript(() => localStorage.setItem('matinee.language', new URLSearchParams(location.search).get('lang') ?? localStorage.getItem('matinee.language') ?? ''));
  const out = await browser.newContext();
  await choose(out);
  const page = await out.newPage();
  const tags = ['en', 'de', 'fr', 'es', 'it', 'pt-BR', 'nl', 'pl', 'tr', 'ar', 'he', 'ja'];
  for (const lang of tags) await walk(page, lang, `/sign-up?lang=${lang}`, 'submit', [320]);
  expect(await id(page, 'language').locator('option').evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value))).toEqual(tags);
  await out.close();

  const context = await signedInContext(browser, node);
  await choose(context);
  const inside = await context.newPage();
  for (const [lang, rtl] of [['ar', true], ['he', true], ['ja', false], ['pl', false]] as const) {
    for (const [path, there] of [['/', 'home'], [`/title/${slug}`, 'title'], ['/account', 'account']] as const) await walk(inside, lang, `${path}?lang=${lang}`, there, [320, 1440]);
    await expect(inside.locator('html')).toHaveAttribute('dir', rtl ? 'rtl' : 'ltr');
    const brand = (await inside.locator('header a').first().boundingBox())!;
    expect(brand.x > 720).toBe(rtl);
  }
  await inside.goto(`${node.url}/watch/${slug}?from=0&lang=ar`);
  await playsTo(inside, 0.5);
  await inside.keyboard.press('k');
  const [play, full] = [(await id(inside, 'play').boundingBox())!, (await id(inside, 'fullscreen').boundingBox())!];
  expect(play.x).toBeLessThan(full.x); // time and its buttons run from left to right in every script
  await id(inside, 'settings').click();
  expect(await pastTheEdge(inside)).toEqual([]);
  await context.close();
  expect(faults).toEqual([]);
});

test('signed out in the middle of a film: it says so, and signing in goes on with the film', async ({ browser }) => {
  const ana = await new Client(node).signUp();
  const email = (await ana.json('GET', '/api/v1/session')).account.email;
  const page = await (await signedInContext(browser, node, ana)).newPage();
  await watch(page, node, slug);
  await playsTo(page, 1);
  expect((await ana.call('DELETE', '/api/v1/session')).status).toBe(204);
  await page.keyboard.press('k'); // the next heartbeat learns of it
  await expect(id(page, 'play-error')).toHaveAttribute('data-code', 'P-401');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/sign-in\?to=/);
  await page.fill('[name=email]', email);
  await page.fill('[name=password]', 'a long enough password');
  await id(page, 'submit').click();
  await expect(page).toHaveURL(`${node.url}/watch/${slug}`);
  await playsTo(page, 1);
  await page.context().close();
});

test('a series: Play opens the next episode, one press skips the intro, the next episode comes by itself', async ({ browser }) => {
  const page = await (await signedInContext(browser, node)).newPage();
  const said = complaints(page);
  await page.goto(`${node.url}/title/${series.slug}?tv=1`);
  await expect.poll(() => focusedOn(page)).toBe('title-play');
  await expect(id(page, 'title-play')).toHaveText('Play S1 E1');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`${node.url}/watch/${episodes[0]}`);
  await playsTo(page, 0.3);
  await expect.poll(() => focusedOn(page)).toBe('skip-intro'); // with a remote it has the focus: the middle key takes it
  await page.keyboard.press('Enter');
  await playsTo(page, 7);
  await expect(id(page, 'skip-intro')).toHaveCount(0);
  await expect(id(page, 'next-card')).toContainText('S1 E2');
  await expect(page).toHaveURL(`${node.url}/watch/${episodes[1]}`); // and comes by itself
  await playsTo(page, 0.3);
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(new RegExp(`/title/${series.slug}`));
  await page.goto(`${node.url}/watch/${series.slug}`); // a series is watched by its episodes
  await expect(page).toHaveURL(/\/watch\/(?!harbour-lights)/);
  expect(said).toEqual([]);
  await page.context().close();
});

test('leaving the player goes back to where Play was pressed', async ({ browser }) => {
  const page = await (await signedInContext(browser, node)).newPage();
  await page.goto(node.url);
  await id(page, 'hero-play').click();
  await playsTo(page, 0.3);
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(`${node.url}/`);
  await page.goto(`${node.url}/title/${slug}`);
  await id(page, 'title-play').click();
  await playsTo(page, 0.3);
  await id(page, 'leave').click({ force: true });
  await expect(page).toHaveURL(`${node.url}/title/${slug}`);
  await page.context().close();
});
