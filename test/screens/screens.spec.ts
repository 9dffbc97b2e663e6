// script/screens: a picture of every screen of both apps, as a telephone, a computer and a television show it.
import { expect, test, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, MatineeNode } from '../lib/node.ts';
import { placeFind, routeFaults, screenOpen, tour, type Place, type Screen, type Who } from '../lib/tour.ts';
import { dress, people, person } from './dress.ts';
import { sheetWrite, type Shot } from './sheet.ts';

const out = process.env.MATINEE_SCREENS_OUT!;
const only = process.env.MATINEE_SCREENS_ONLY ? new RegExp(process.env.MATINEE_SCREENS_ONLY, 'i') : /./;
const locale = process.env.MATINEE_SCREENS_LANG ?? 'en-GB';
const address = process.env.MATINEE_SCREENS_URL;
const data = process.env.MATINEE_SCREENS_DATA;
/* Of somebody's own server: those who may look at its office. */
const office = { email: process.env.MATINEE_SCREENS_STAFF ?? '', password: process.env.MATINEE_SCREENS_PASSWORD ?? '' };

interface Size {
  name: string;
  width: number;
  height: number;
  tv?: true;
  scheme: 'light' | 'dark';
}
const sizes: Record<Screen['app'], Size[]> = {
  viewer: [
    { name: '390', width: 390, height: 844, scheme: 'dark' },
    { name: '1440', width: 1440, height: 900, scheme: 'dark' },
    { name: 'television', width: 1920, height: 1080, tv: true, scheme: 'dark' },
  ],
  console: (['light', 'dark'] as const).flatMap((scheme) => [
    { name: `390 ${scheme}`, width: 390, height: 844, scheme },
    { name: `1440 ${scheme}`, width: 1440, height: 900, scheme },
    { name: `1920 ${scheme}`, width: 1920, height: 1080, scheme },
  ]),
};
const TALL_MAX = 3600; // a list without end is not drawn to its end

const node = address ? ({ url: address.replace(/\/$/, '') } as MatineeNode) : new MatineeNode(data);
const clients = new Map<Who, Client>();
let place: Place;
/* Written down as they come: after a failure Playwright goes on in another process. */
const notes = join(out, 'screens.jsonl');
type Note = { shot: Shot } | { missing: string };
const note = (one: Note) => appendFileSync(notes, JSON.stringify(one) + '\n');

test.describe.configure({ mode: 'default' });
test.beforeAll(async ({ browser }) => {
  test.setTimeout(900_000);
  mkdirSync(out, { recursive: true });
  if (!address) {
    await node.start({ args: ['--billing-test-gateway', '--billing-country', 'DE', '--billing-seller', 'Matinee Demonstration, 1 Cinema Street'] });
    await dress(node, browser, (line) => console.log(`  ${line}`));
    for (const who of ['viewer', 'newcomer', 'staff'] as const) clients.set(who, await person(node, people[who]));
  } else {
    clients.set('viewer', await new Client(node).signUp('screens'));
    clients.set('newcomer', await new Client(node).signUp('screens'));
    if (office.email) {
      const staff = new Client(node);
      await staff.json('POST', '/api/v1/session', office);
      clients.set('staff', staff);
    }
  }
  place = await placeFind(clients.get('viewer')!, clients.get('staff'));
});
test.afterAll(async () => {
  const all = (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []).map((line) => JSON.parse(line) as Note);
  const shots = all.flatMap((one) => ('shot' in one ? [one.shot] : []));
  const missing = [...new Set(all.flatMap((one) => ('missing' in one ? [one.missing] : [])))];
  sheetWrite(out, shots, missing, `Matinee, ${shots.length} screenshots, ${locale}`);
  if (!address) await node.stop();
});

async function contextFor(browser: Browser, who: Who, size: Size): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: size.width, height: size.height }, colorScheme: size.scheme, locale, reducedMotion: 'reduce', hasTouch: size.width < 600 });
  const client = clients.get(who);
  if (client) {
    const at = client.cookie.indexOf('=');
    await context.addCookies([{ name: client.cookie.slice(0, at), value: client.cookie.slice(at + 1), url: node.url, httpOnly: true, sameSite: 'Lax' }]);
  }
  await context.addInitScript((tv) => {
    localStorage.setItem('matinee.test', '1');
    if (tv) localStorage.setItem('matinee.screen', 'tv');
  }, Boolean(size.tv));
  return context;
}

/** Pictures below the fold are asked for when they come near. */
async function settle(page: Page): Promise<number> {
  const height = await page.evaluate(async (most) => {
    const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
    const high = Math.min(document.documentElement.scrollHeight, most);
    for (let y = 0; y < high; y += innerHeight) {
      scrollTo(0, y);
      await pause(60);
    }
    scrollTo(0, 0);
    const pictures = () => [...document.images].filter((image) => !image.complete && image.getBoundingClientRect().top < most);
    for (let i = 0; i < 40 && pictures().length; i++) await pause(50);
    await document.fonts.ready;
    await pause(350);
    return high;
  }, TALL_MAX);
  return height;
}

async function shoot(page: Page, screen: Screen, size: Size): Promise<void> {
  if (!(await screenOpen(page, node.url, screen, place))) {
    note({ missing: `${screen.app}, ${screen.name}: the catalogue has nothing to show there` });
    return;
  }
  await page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => {}); // an open stream is never idle
  const high = screen.player || screen.then || size.tv ? size.height : await settle(page);
  if (size.tv) await page.waitForTimeout(1700); // the focus has found its place
  const file = `${screen.app}-${screen.name}-${size.name}.png`.replaceAll(/[^a-z0-9.-]+/gi, '-');
  const clip = { x: 0, y: 0, width: size.width, height: Math.max(size.height, high) };
  await page.screenshot({ path: join(out, file), ...(clip.height > size.height ? { fullPage: true, clip } : {}) });
  note({ shot: { app: screen.app, name: screen.name, size: size.name, file, width: size.width } });
}

test('every route has a screen', () => {
  expect(routeFaults()).toEqual([]);
});

for (const app of ['viewer', 'console'] as const)
  for (const size of sizes[app])
    test(`${app} at ${size.name}`, async ({ browser }) => {
      test.setTimeout(600_000);
      const failed: string[] = [];
      const mine = tour.filter((screen) => screen.app === app && only.test(`${app} ${screen.name}`));
      for (const who of new Set(mine.map((screen) => screen.who))) {
        if (who !== 'nobody' && !clients.has(who)) {
          note({ missing: `${app} at ${size.name}: nobody of ${who} to sign in as (--staff)` });
          continue;
        }
        const context = await contextFor(browser, who, size);
        for (const screen of mine.filter((one) => one.who === who)) {
          const page = await context.newPage();
          try {
            await shoot(page, screen, size);
          } catch (error) {
            failed.push(`${screen.name}: ${String(error).split('\n')[0]}`);
            note({ missing: `${app}, ${screen.name} at ${size.name}: ${String(error).split('\n')[0]}` });
          }
          await page.close();
        }
        await context.close();
      }
      expect(failed).toEqual([]);
    });
