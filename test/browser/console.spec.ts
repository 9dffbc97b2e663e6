// Staff at work: signs in with the second step, drops a film, describes it in two languages, publishes it, changes a price, gives credit; every screen
// whole for everybody.
import { expect, test, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { clip } from '../lib/media.ts';
import { binary, Client, MatineeNode } from '../lib/node.ts';
import { accessFaults, complaints, pastTheEdge } from '../lib/screens.ts';
import { App } from '../lib/totp.ts';

const password = 'a long enough password';
const email = 'ed@example.org';
const node = new MatineeNode();

test.beforeAll(async () => {
  execFileSync(binary, ['user', 'create', email, '--role', 'editor,operator', '--data', node.data], { input: password, stdio: ['pipe', 'pipe', 'pipe'] });
  await node.start({ args: ['--billing-test-gateway', '--billing-country', 'DE', '--staff-second-factor'] });
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

const film = () =>
  clip('blink.mp4', ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=2', '-f', 'lavfi', '-i', 'sine=frequency=440:duration=2:sample_rate=48000', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac']);

/** Looked at as on a telephone, where the most is cut off; the rest of the wide screens is the same elements. */
async function whole(page: Page, name: string): Promise<void> {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForLoadState('networkidle');
  expect([name, ...(await accessFaults(page)), ...(await pastTheEdge(page))]).toEqual([name]);
  if (process.env.MATINEE_SHOTS) await page.screenshot({ path: `${process.env.MATINEE_SHOTS}/console-${name}-390.png` });
  await page.setViewportSize({ width: 1440, height: 900 });
  if (process.env.MATINEE_SHOTS) await page.screenshot({ path: `${process.env.MATINEE_SHOTS}/console-${name}-1440.png` });
}

/** As a person drops a file out of a folder, onto whatever screen is open. */
async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  await page.evaluate(
    ([name, base64]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(base64!), (c) => c.charCodeAt(0))], name!));
      for (const type of ['dragenter', 'drop']) document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
    },
    [name, bytes.toString('base64')],
  );
}

const visit = (page: Page, path: string) => page.goto(`${node.url}/console${path}`);

test('staff signs in, drops a film, publishes it, changes a price, and no screen shuts anybody out', async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce' });
  const page = await context.newPage();
  const faults = complaints(page, [400, 401, 403]);

  await visit(page, '/titles');
  await whole(page, 'sign-in');
  await page.getByLabel('E-mail address').fill(email);
  await page.locator('input[name=password]').fill(password);
  await page.getByTestId('submit').click();
  /* No second factor yet: set up here, and nothing else is open before. */
  await expect(page.getByRole('heading', { name: 'Protect your account' })).toBeVisible();
  await page.locator('input[name=password]').fill(password);
  await page.getByTestId('submit').click();
  const app = new App((await page.getByTestId('secret').textContent())!);
  await page.getByLabel('Code').fill(await app.next());
  await page.getByTestId('submit').click();
  await expect(page.getByTestId('recovery').getByRole('listitem')).toHaveCount(10);
  await page.getByTestId('kept').click();

  await expect(page.getByText('Nothing here yet')).toBeVisible();
  await whole(page, 'titles-empty');
  await drop(page, 'the.blink_180p.mp4', readFileSync(film()));
  await expect(page).toHaveURL(/\/console\/ingest/);
  await expect(page.getByTestId('import')).toContainText('The blink');
  await whole(page, 'ingest');
  await expect(page.getByTestId('import')).toHaveAttribute('data-state', 'done', { timeout: 60_000 });

  await page.getByRole('link', { name: 'Describe' }).click();
  await expect(page.getByTestId('name.en')).toHaveValue('The blink');
  await page.getByTestId('name.en').fill('Blink <b>of</b> an eye');
  await page.getByTestId('synopsis.en').fill('Two seconds.');
  await page.getByRole('tab', { name: 'German' }).click();
  await page.getByTestId('name.de').fill('Augenblick');
  await expect(page.getByTestId('save-state')).toHaveText('Saved');
  await page.getByTestId('publish').click();
  await expect(page.getByTestId('publish')).toHaveText('Unpublish');
  await expect(page.getByTestId('save-state')).toHaveText('Saved');
  await whole(page, 'title');
  /* What was just typed is saved by leaving. */
  await page.getByTestId('year').fill('1999');
  await page.getByRole('link', { name: 'Titles' }).first().click();
  await expect(page.getByTestId('row')).toContainText('Blink <b>of</b> an eye');
  await expect(page.getByTestId('row')).toContainText('Published');
  await expect(page.getByTestId('row')).toContainText('1999');

  const ana = await new Client(node).signUp();
  const inGerman = await (await ana.call('GET', '/api/v1/titles', undefined, { 'accept-language': 'de' })).json();
  expect(inGerman.items.map((title: any) => [title.name, title.year])).toEqual([['Augenblick', 1999]]);

  /* By keyboard: the row is chosen, taken back with the others, and that undone. */
  await page.getByTestId('row').first().focus();
  await page.keyboard.press('x');
  await page.getByTestId('bulk').getByRole('button', { name: 'Unpublish' }).click();
  await expect(page.getByTestId('row')).toContainText('Draft');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByTestId('row')).toContainText('Published');
  await whole(page, 'titles');

  /* A series, a season of it, an episode that waits for its film. */
  await page.getByRole('button', { name: 'New series' }).click();
  await page.getByTestId('name.en').fill('Tides');
  await page.getByTestId('add-part').click();
  await expect(page.getByTestId('name.en')).toHaveValue('Season 1');
  await page.getByTestId('add-part').click();
  await expect(page.getByTestId('name.en')).toHaveValue('Episode 1');
  await whole(page, 'episode');
  /* What it costs: a plan, its price, another price; who is a customer, and credit for them. */
  await page.getByRole('link', { name: 'Plans' }).click();
  await page.getByRole('button', { name: 'New plan' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Standard');
  await page.getByTestId('form-save').click();
  await page.getByRole('button', { name: 'Add a price' }).click();
  await page.getByTestId('amount').fill('9.99');
  await page.getByTestId('form-save').click();
  await expect(page.getByRole('listitem')).toContainText('€9.99');
  await page.getByTestId('price-edit').click();
  await page.getByTestId('amount').fill('10,999');
  await expect(page.getByText('at most 2 digits')).toBeVisible();
  await page.getByTestId('amount').fill('10,99');
  await page.getByTestId('form-save').click();
  await expect(page.getByRole('listitem')).toContainText('€10.99');
  expect((await ana.json('GET', '/api/v1/plans?country=DE')).items[0].prices[0].price.minor).toBe(1099);
  await whole(page, 'plans');
  await page.getByRole('link', { name: 'Customers' }).click();
  await page.getByTestId('search').fill('ana-');
  await page.getByTestId('row').first().click();
  await page.getByTestId('credit').click();
  await page.getByTestId('amount').fill('5');
  await page.getByLabel('Why').fill('For the long wait');
  await page.getByTestId('form-save').click();
  await expect(page.getByTestId('credits')).toHaveText('€5.00');
  expect((await ana.json('GET', '/api/v1/billing')).credits).toEqual([{ minor: 500, currency: 'EUR', exponent: 2 }]);
  await whole(page, 'customer');

  /* The viewers' first page: a row by hand, moved up by keyboard, looked at from elsewhere and in another time, kept from being lost, published. */
  await page.getByRole('link', { name: 'Storefront' }).click();
  await page.getByTestId('add-row').click();
  await page.getByTestId('add-curated').click();
  await page.getByTestId('row-name.en').fill('Our <i>picks</i>');
  await page.getByTestId('pick').fill('eye');
  await page.getByRole('option', { name: /Blink/ }).click();
  const shown = page.getByTestId('preview-row').filter({ hasText: 'Our <i>picks</i>' });
  await expect(shown.getByTestId('preview-card')).toContainText('Blink <b>of</b> an eye');
  const first = page.getByTestId('front-row').first();
  await page.getByRole('button', { name: /^Move Our/ }).focus();
  await page.keyboard.press('Home');
  await expect(first).toContainText('Our <i>picks</i>');
  await page.keyboard.press('Control+z');
  await expect(first).toContainText('Continue watching');
  await page.keyboard.press('Control+Shift+z');
  await expect(first).toContainText('Our <i>picks</i>');
  await page.getByTestId('starts').fill('2100-01-01T00:00');
  await expect(shown).toHaveCount(0);
  await page.getByTestId('preview-at').fill('2100-06-01T12:00');
  await expect(shown).toHaveCount(1);
  await page.getByTestId('starts').fill('');
  await whole(page, 'storefront');
  await page.getByRole('link', { name: 'Titles' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByTestId('front-save').click();
  await expect(page.getByTestId('front-state')).toHaveText('Saved');
  const theirs = await (await ana.call('GET', '/api/v1/home', undefined, { 'accept-language': 'en' })).json();
  expect(theirs.rows[0]).toMatchObject({ title: 'Our <i>picks</i>', items: [{ name: 'Blink <b>of</b> an eye' }] });
  await page.getByRole('tab', { name: 'Look' }).click();
  await page.getByTestId('look-accent').fill('#332200');
  await expect(page.getByTestId('check-accent')).not.toHaveAttribute('data-good');
  await page.getByTestId('look-save').click();
  await expect(page.getByRole('alert')).toContainText('contrast');
  await page.getByTestId('look-accent').fill('#7fd1ae');
  await expect(page.getByTestId('check-accent')).toHaveAttribute('data-good');
  await page.getByTestId('look-name').fill('Kino');
  await page.getByTestId('look-save').click();
  await expect(page.getByTestId('look-state')).toHaveText('Saved');
  expect((await ana.json('GET', '/api/v1/storefront/manifest.webmanifest')).name).toBe('Kino');
  await whole(page, 'look');

  for (const [path, name] of [['/', 'overview'], ['/rights', 'rights'], ['/searches', 'searches'], ['/plans/offers', 'offers'], ['/plans/coupons', 'coupons'], ['/staff', 'staff'], ['/settings', 'settings'], ['/audit', 'audit'], ['/nowhere', 'no-such-page']] as const) {
    await visit(page, path);
    await whole(page, name);
  }
  await page.keyboard.press('Control+k');
  await expect(page.locator('[role=dialog] input')).toBeFocused();
  await page.keyboard.type('eye');
  await expect(page.getByTestId('palette-entry')).toContainText('Blink <b>of</b> an eye');
  await whole(page, 'palette');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('name.en')).toHaveValue('Blink <b>of</b> an eye');
  expect(faults).toEqual([]);
  await context.close();
});
