// Every screen, for everybody: with a screen reader, on a telephone and a wall, with a remote, in German, with names that don't fit.
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { stock } from '../lib/library.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { makeSeries, series } from '../lib/series.ts';
import { playsTo, position, signedInContext, watch } from '../lib/browser.ts';
import { focused as focusedOn, remoteFaults } from '../lib/remote.ts';
import { accessFaults, complaints, keyboardFaults, pastTheEdge, shiftSoFar, tabFaults } from '../lib/screens.ts';
import { placeFind, routeFaults, screenOpen, tour, type Place, type Screen, type Who } from '../lib/tour.ts';

const node = new MatineeNode();
let slug = '';
const others: string[] = [series.slug];
let episodes: string[] = [];
let place: Place;
const people = new Map<Who, Client>();

/** Subtitles as an editor sends them, with something to look at in each: for the console's screens, of a film that nobody watches here. */
async function spoken(title: string): Promise<string> {
  const lines = ['The harbour lies still tonight.', 'Nobody, not even those who know the tides by heart, would put out to sea now.', '[thunder]'];
  const file = lines.map((line, i) => `${i + 1}\n00:00:0${3 * i},000 --> 00:00:0${3 * i + 2 + i},000\n${line}\n`).join('\n');
  const reply = await fetch(`${node.url}/api/v1/editor/titles/${title}/subtitles?lang=en`, { method: 'POST', body: file, headers: { 'content-type': 'application/octet-stream', origin: node.url, cookie: people.get('staff')!.cookie } });
  return `${title}/subtitles/${(await reply.json()).id}`;
}

test.beforeAll(async () => {
  const films = stock(node, 3);
  slug = films[0]!.slug;
  episodes = films.slice(1).map((film) => film.slug);
  await node.start();
  await makeSeries(node, films[1]!, films[2]!, films[0]!);
  people.set('viewer', await new Client(node).signUp());
  people.set('newcomer', await new Client(node).signUp('ben'));
  people.set('staff', await (await new Client(node).signUp('ed')).become('viewer,editor,operator'));
  place = await placeFind(people.get('viewer')!, people.get('staff'));
  place.subtitle = await spoken(films[2]!.title_id);
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const id = (page: Page, name: string) => page.locator(`[data-testid=${name}]`);
const long = 'Die außerordentlich lange Geschichte der Donaudampfschifffahrtsgesellschaftskapitänswitwe';

const everything = process.env.MATINEE_LONG === '1';
const widths = everything ? ([[320, 640], [390, 844], [768, 1024], [1440, 900], [1920, 1080], [3840, 2160]] as const) : ([[320, 640]] as const);
const schemes: Record<Screen['app'], ('light' | 'dark')[]> = { viewer: ['dark'], console: everything ? ['light', 'dark'] : ['light'] };

const calledLong = (page: Page) =>
  page.route(/\/api\/v1\/(home|titles|editor\/titles)/, async (route) => {
    const reply = await route.fetch();
    const body = (await reply.text()).replaceAll('The Lighthouse', long).replaceAll('Harbour', 'قصة مدينة لا تنام أبدا في ليالي الشتاء الطويلة');
    await route.fulfill({ response: reply, body });
  });

test('every route of both apps is looked at', () => {
  expect(routeFaults()).toEqual([]);
});

/** Opens a screen in the page that shows them all, and says what is wrong with it. */
async function screenFaults(page: Page, screen: Screen): Promise<string[]> {
  const faults: string[] = [];
  const note = (found: string[], where = '') => faults.push(...found.map((fault) => where + fault));
  await page.setViewportSize({ width: 1280, height: 720 });
  if (!(await screenOpen(page, node.url, screen, place))) throw new Error('this catalogue has nothing to show there');
  for (const scheme of schemes[screen.app]) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' }); // a contrast that is measured in the middle of a fade is none
    if (screen.app === 'console') await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', scheme);
    note(await accessFaults(page), everything ? `${scheme}: ` : '');
  }
  const shift = screen.then ? 0 : await shiftSoFar(page); // what was pressed for may move
  if (shift > (screen.app === 'viewer' ? 0.05 : 0.1)) note([`the layout shifts by ${shift.toFixed(3)}`]);
  if (!screen.player) note(await keyboardFaults(page));
  if (everything) note(await tabFaults(page));
  for (const [width, height] of widths) {
    await page.setViewportSize({ width, height });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    note(await pastTheEdge(page), `at ${width}: `);
  }
  return faults;
}

for (const app of ['viewer', 'console'] as const)
  test(`${app}: no screen shuts out who uses a screen reader or a keyboard, writes to the console, moves while it loads, or is cut off from 320 to 3840 px`, async ({ browser }) => {
    test.setTimeout(everything ? 1_800_000 : 600_000); // a loaded machine is only slow
    const faults: string[] = [];
    const mine = tour.filter((one) => one.app === app && (place.tracks || one.name !== 'player, audio and subtitles')); // films of one sound have no such choice
    for (const who of new Set(mine.map((one) => one.who))) {
      const context = await (who === 'nobody' ? browser.newContext({ locale: 'en-US' }) : signedInContext(browser, node, people.get(who)));
      const page = await context.newPage();
      if (app === 'viewer' && who !== 'nobody') await calledLong(page);
      const asked: number[] = [];
      const said = complaints(page, asked);
      for (const screen of mine.filter((one) => one.who === who)) {
        asked.splice(0, asked.length, ...(screen.says ?? []), ...(app === 'console' && who === 'nobody' ? [401] : []));
        const found = await screenFaults(page, screen).catch((error) => [String(error)]);
        faults.push(...[...found, ...said.splice(0)].map((fault) => `${app}, ${screen.name}: ${fault}`));
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
  const ana = await new Client(node).signUp();
  const faults: string[] = [];
  const size = { width: 1920, height: 1080 };
  for (const out of [true, false]) {
    const context = out ? await browser.newContext({ viewport: size }) : await signedInContext(browser, node, ana);
    const page = await context.newPage();
    await page.setViewportSize(size);
    await page.goto(`${node.url}/no/such/page?tv=1`);
    for (const screen of tour.filter((one) => one.app === 'viewer' && !one.player && (one.who === 'nobody') === out)) {
      if (!(await screenOpen(page, node.url, screen, place))) continue;
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
