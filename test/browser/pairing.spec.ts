// A television signed in by a code, in two browsers: what the screen shows, what the phone is asked, and what a wrong code says.
// And one device too many, removed from the player.
import { expect, test, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { createRequire } from 'node:module';
import { clips } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { accessFaults, complaints, pastTheEdge } from '../lib/screens.ts';
import { playsTo, signedInContext, watch } from '../lib/browser.ts';
import { mainExec } from '../lib/sql.ts';

const password = 'a long enough password';
const node = new MatineeNode();
let slug = '';
test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  await node.start({ args: ['--devices-max', '1'] });
  slug = node.import(clips.short(), '--title', 'The Lighthouse').slug;
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});
const id = (page: Page, name: string) => page.locator(`[data-testid=${name}]`);
const shot = async (page: Page, name: string) => {
  if (process.env.MATINEE_SHOTS) await page.screenshot({ path: `${process.env.MATINEE_SHOTS}/${name}.png` });
};

async function television(browser: Browser, locale = 'en-US'): Promise<{ context: BrowserContext; tv: Page; code: () => Promise<string> }> {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, locale });
  await context.addInitScript(() => localStorage.setItem('matinee.test', '1'));
  const tv = await context.newPage();
  await tv.goto(`${node.url}/?tv=1`);
  await expect(id(tv, 'pair')).toBeVisible();
  return { context, tv, code: async () => (await id(tv, 'user-code').innerText()).replaceAll(/\s/g, '') };
}

async function phoneOf(browser: Browser): Promise<{ phone: Page; email: string }> {
  const email = `ana-${Math.random().toString(36).slice(2)}@example.org`;
  await new Client(node).json('POST', '/api/v1/accounts', { email, password, name: 'Ana' });
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en-US', hasTouch: true });
  return { phone: await context.newPage(), email };
}

/** The square's text, by a reader that knows nothing of the writer. */
async function readQr(page: Page): Promise<string> {
  const png = (await id(page, 'qr').screenshot()).toString('base64');
  const reader = await page.context().browser()!.newPage();
  try {
    await reader.addScriptTag({ path: createRequire(import.meta.url).resolve('jsqr') });
    return await reader.evaluate(async (b64) => {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${b64}`)).blob());
      const canvas = new OffscreenCanvas(image.width, image.height);
      const g = canvas.getContext('2d')!;
      g.drawImage(image, 0, 0);
      const { data, width, height } = g.getImageData(0, 0, image.width, image.height);
      return (window as any).jsQR(data, width, height)?.data ?? '';
    }, png);
  } finally {
    await reader.close();
  }
}

async function sound(page: Page): Promise<void> {
  expect(await accessFaults(page)).toEqual([]);
  expect(await pastTheEdge(page)).toEqual([]);
}

test('pair a TV by code: the screen waits, the phone signs in, compares and approves, the screen goes on', async ({ browser }) => {
  const { context, tv, code } = await television(browser);
  const said = complaints(tv, [400]);
  const shown = await code();
  expect(shown).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  await sound(tv);
  await shot(tv, 'tv-code');

  // What a camera reads is the address with the code in it.
  expect(await readQr(tv)).toBe(`${node.url}/activate?code=${shown}`);
  const { phone, email } = await phoneOf(browser);
  await phone.goto(`${node.url}/activate?code=${shown}`);
  await expect(phone).toHaveURL(/\/sign-in\?to=/);
  await phone.getByLabel('E-mail address').fill(email);
  await phone.getByRole('textbox', { name: 'Password' }).fill(password);
  await id(phone, 'submit').click();
  await expect(id(phone, 'confirm-pairing')).toContainText(shown);
  await expect(id(phone, 'confirm-pairing')).toContainText('TV');
  await expect(id(phone, 'confirm-pairing')).toContainText('From the network that you are on');
  await expect(phone.getByText(email)).toBeVisible();
  await sound(phone);
  await shot(phone, 'phone-confirm');
  // A link alone approves nothing: the screen has asked in between, and waits still.
  await tv.waitForResponse((r) => r.url().endsWith('/api/v1/device/token') && r.status() === 400);
  await expect(id(tv, 'user-code')).toBeVisible();
  await phone.getByLabel('What do you call it?').fill('Living room');
  await id(phone, 'approve').click();
  await expect(id(phone, 'approved')).toBeVisible();
  await shot(phone, 'phone-done');

  await expect(id(tv, 'profiles')).toBeVisible();
  await shot(tv, 'tv-profiles');
  await tv.getByRole('button', { name: 'Ana', exact: true }).click();
  await expect(tv.getByRole('heading', { name: 'The Lighthouse' }).first()).toBeVisible();
  const cookie = (await context.cookies()).find((c) => c.name.endsWith('matinee_session'));
  expect(cookie?.httpOnly).toBe(true);
  expect(said).toEqual([]);

  // The account knows it by its name; signed out there, the screen shows a code again.
  await phone.goto(`${node.url}/account`);
  await expect(id(phone, 'devices')).toContainText('Living room');
  await expect(id(phone, 'places')).toContainText('Living room');
  await sound(phone);
  if (process.env.MATINEE_SHOTS) await id(phone, 'devices').screenshot({ path: `${process.env.MATINEE_SHOTS}/phone-devices.png` });
  await id(phone, 'devices').getByRole('button', { name: 'Rename Living room' }).click();
  await phone.getByLabel('What do you call it?').fill('Kitchen');
  await id(phone, 'save').click();
  await id(phone, 'devices').getByRole('button', { name: 'Remove Kitchen' }).click();
  await id(phone, 'save').click();
  await expect(id(phone, 'devices')).not.toContainText('Kitchen');
  await tv.goto(`${node.url}/`);
  await expect(id(tv, 'user-code')).toBeVisible();
});

test('typed by hand in any way; a wrong, an old and an answered code say so', async ({ browser }) => {
  const { tv, code } = await television(browser);
  const { phone, email } = await phoneOf(browser);
  await phone.setViewportSize({ width: 1440, height: 900 });
  await phone.goto(`${node.url}/sign-in?to=/activate`);
  await phone.getByLabel('E-mail address').fill(email);
  await phone.getByRole('textbox', { name: 'Password' }).fill(password);
  await id(phone, 'submit').click();
  const field = phone.getByRole('textbox', { name: 'Code' });
  await field.fill('bbbb bbbb');
  await expect(field).toHaveValue('BBBB-BBBB');
  await id(phone, 'submit').click();
  await expect(phone.getByRole('alert')).toContainText('No TV shows this code');
  await sound(phone);
  await shot(phone, 'laptop-wrong');
  await field.fill((await code()).toLowerCase().replace('-', ''));
  await id(phone, 'submit').click();
  await expect(id(phone, 'confirm-pairing')).toBeVisible();
  await shot(phone, 'laptop-confirm');
  await id(phone, 'deny').click();
  await expect(id(phone, 'denied')).toBeVisible();
  await expect(tv.getByRole('heading', { name: 'It was refused on the phone' })).toBeVisible();
  await sound(tv);
  await shot(tv, 'tv-denied');
  await phone.goto(`${node.url}/activate?code=BBBB-BBBB`);
  await expect(phone.getByRole('alert')).toContainText('No TV shows this code');

  await tv.getByRole('button', { name: 'Show a new code' }).click();
  await expect(id(tv, 'user-code')).toBeVisible();
  const old = await code();
  mainExec(node, `UPDATE device_grant SET expires_at = ${Date.now() - 1000}`);
  await phone.goto(`${node.url}/activate?code=${old}`);
  await expect(phone.getByRole('alert')).toContainText('too old');
  // A screen whose code has run out shows the next one by itself.
  await expect.poll(code).not.toBe(old);
});

test('in German, and with a password where somebody wants to', async ({ browser }) => {
  const { tv } = await television(browser, 'de-DE');
  await expect(tv.getByRole('heading', { name: 'Mit dem Handy anmelden' })).toBeVisible();
  await sound(tv);
  await shot(tv, 'tv-code-de');
  await tv.keyboard.press('ArrowDown');
  await tv.getByRole('link', { name: 'Stattdessen mit Passwort' }).click();
  await expect(tv.getByRole('textbox', { name: 'Passwort' })).toBeVisible();
});

test('one device too many: the player lists what there is, removes one and plays', async ({ browser }) => {
  const person = { email: `two-${Date.now()}@example.org`, password };
  const [ana, again] = [new Client(node), new Client(node)];
  await ana.json('POST', '/api/v1/accounts', person);
  const first = await (await signedInContext(browser, node, ana)).newPage();
  await watch(first, node, slug);
  await playsTo(first, 0.3);
  await again.json('POST', '/api/v1/session', person);
  const second = await (await signedInContext(browser, node, again)).newPage();
  await second.goto(`${node.url}/watch/${slug}`);
  await expect(id(second, 'play-error')).toHaveAttribute('data-code', 'P-409 playback.too_many_devices');
  await expect(id(second, 'own-devices').getByRole('listitem')).toHaveCount(1);
  await sound(second);
  await shot(second, 'player-devices');
  const remove = id(second, 'own-devices').getByRole('button');
  await remove.click(); /* it asks whether one is sure */
  await shot(second, 'player-devices-sure');
  await remove.click();
  await playsTo(second, 0.3);
  await first.goto(`${node.url}/`);
  await expect(first).toHaveURL(/\/sign-in/);
});
