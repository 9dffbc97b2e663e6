// An editor describes one film whole: looks at what was found in it, marks its parts where it stands, takes a picture out of it.
import { expect, test, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { signedInContext } from '../lib/browser.ts';
import { clip } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { accessFaults, complaints, pastTheEdge } from '../lib/screens.ts';

const node = new MatineeNode();
let editor: Client;
let id = '';

/** Twelve seconds that are black and silent from the fourth to the eighth. */
const film = () =>
  clip('editor.mp4', ['-f', 'lavfi', '-i', "testsrc2=size=320x180:rate=25:duration=12,drawbox=enable='between(t,4,8)':c=black:t=fill", '-f', 'lavfi', '-i', "sine=frequency=440:duration=12:sample_rate=48000,volume=enable='between(t,4,8)':volume=0", '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac']);

test.beforeAll(async () => {
  await node.start({ env: { MATINEE_ENCODE_LADDER: 'per_title', MATINEE_ENCODE_PRESET: 'ultrafast' } });
  editor = await (await new Client(node).signUp('ed')).become('viewer,editor');
  await editor.json('POST', '/api/v1/editor/custom-fields', { name: 'pages', type: 'number', label: 'Pages' });
  const sent = await fetch(`${node.url}/api/v1/imports?filename=dark.mp4&title=Dark%20in%20the%20middle`, { method: 'POST', headers: { 'content-type': 'video/mp4', origin: node.url, cookie: editor.cookie }, body: readFileSync(film()) as BodyInit });
  const { id: import_id } = await sent.json();
  await expect.poll(async () => (await editor.json('GET', `/api/v1/imports/${import_id}`)).state, { timeout: 90_000 }).toBe('done');
  id = (await editor.json('GET', `/api/v1/imports/${import_id}`)).title_id;
  await expect.poll(async () => (await editor.json('GET', `/api/v1/editor/titles/${id}/quality`)).made_at, { timeout: 60_000 }).not.toBeNull();
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

/** As on a telephone and on a desk; pictures of it in both schemes where somebody wants to look. */
async function whole(page: Page, name: string): Promise<void> {
  const shots = process.env.MATINEE_SHOTS;
  for (const [width, height] of [[390, 844], [1440, 900]] as const) {
    await page.setViewportSize({ width, height });
    expect([name, ...(width === 390 ? await accessFaults(page) : []), ...(await pastTheEdge(page))]).toEqual([name]);
    if (shots)
      for (const scheme of ['dark', 'light']) {
        await page.evaluate((now) => { document.documentElement.setAttribute('data-mantine-color-scheme', now); document.documentElement.style.colorScheme = now; }, scheme);
        await page.screenshot({ path: `${shots}/editor-${name}-${width}-${scheme}.png`, fullPage: true });
      }
  }
}
const saved = (page: Page) => expect(page.getByTestId('save-state')).toHaveText('Saved');
const title = () => editor.json('GET', `/api/v1/editor/titles/${id}`);

test('the film with what was found in it, its markers, a picture out of it', async ({ browser }) => {
  const context = await signedInContext(browser, node, editor);
  const page = await context.newPage();
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 1440, height: 900 });
  const faults = complaints(page);
  await page.goto(`${node.url}/console/titles/${id}`);

  /* A finding is a press away, and the film is opened for it. */
  const dark = page.getByTestId('finding').filter({ hasText: 'Black' });
  await dark.click();
  await expect(page.getByTestId('film-time')).toHaveText(/^0:0[34]\./);
  const shown = () => page.evaluate(() => { const film = document.querySelector('video')!; return film.readyState >= 2 && !film.seeking ? film.currentTime : -1; });
  await expect.poll(shown).toBeCloseTo(4, 0);
  await expect(page.getByTestId('timeline').locator('[data-from]')).not.toHaveCount(0);

  /* Markers, from where the film stands and typed. */
  await page.getByTestId('tab-markers').click();
  await page.getByTestId('film-seek').fill('1000');
  await page.getByTestId('add-marker').click();
  await page.getByRole('menuitem', { name: 'Intro' }).click();
  const marker = page.getByTestId('marker');
  await page.getByTestId('film-seek').fill('3000');
  await marker.getByTestId('marker-to_s-here').click();
  await expect(marker.getByTestId('marker-to_s')).toHaveValue('0:03.000');
  await marker.getByTestId('marker-from_s').fill('0:00,5');
  await marker.getByTestId('marker-from_s').press('Enter');
  await marker.getByTestId('marker-to_s').fill('0:00.2');
  await marker.getByTestId('marker-to_s').press('Enter');
  await expect(page.getByText('It would end before it begins.')).toBeVisible();
  await saved(page);
  expect((await title()).markers).toEqual([{ kind: 'intro', from_s: 0.5, to_s: 3, name: null }]);
  await whole(page, 'markers');

  /* What was tried with its picture, and what was chosen. */
  const ladder = await editor.json('GET', `/api/v1/editor/titles/${id}/ladder`);
  const plot = page.getByTestId('ladder-plot');
  await expect(plot.locator('circle')).toHaveCount(ladder.points.length + ladder.rungs.length);
  expect(ladder.points.length).toBeGreaterThan(3);
  await expect(page.getByTestId('ladder').getByRole('row')).toHaveCount(1 + ladder.rungs.length);
  await expect(page.getByTestId('ladder').getByRole('row').last()).toContainText(`${(ladder.rungs[0].maxrate / 1e6).toPrecision(2).replace(/0$/, '')} Mb/s`);

  await page.getByTestId('again').click();
  await page.getByTestId('again-ladder').click();
  await page.getByRole('option', { name: 'Fixed' }).click();
  await whole(page, 'again');
  await page.getByTestId('again-go').click();
  await expect(page.getByText('It is being encoded')).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  const [newest] = (await editor.json('GET', '/api/v1/imports')).items;
  await editor.json('POST', `/api/v1/imports/${newest.id}/cancel`);

  /* The picture that stands becomes the still. */
  const before = (await editor.json('GET', `/api/v1/titles/${(await title()).slug}`)).still?.src;
  await page.getByTestId('artwork-at-still').click();
  await expect(page.getByText('The picture is set')).toBeVisible();
  const { still } = await editor.json('GET', `/api/v1/titles/${(await title()).slug}`);
  expect(still.src).not.toBe(before);
  expect(still.color).not.toBe('#000000'); // at three seconds it is not dark yet

  /* What was done is taken back step by step. */
  for (let i = 0; i < 3; i++) await page.getByTestId('undo').click();
  await expect(marker).toHaveCount(0);
  await saved(page);
  expect((await title()).markers).toEqual([]);

  /* Who made it: found as a name is typed, or made; put into order by keys. */
  await editor.json('POST', '/api/v1/editor/people', { name: 'Ana Ortiz' });
  const add = page.getByTestId('add-credit');
  await add.fill('ana o');
  await page.getByRole('option', { name: 'Ana Ortiz' }).click();
  const credit = page.getByTestId('credit');
  await credit.getByPlaceholder('As whom').fill('Mara');
  await add.fill('Ben Weiß');
  await page.getByRole('option', { name: 'New: Ben Weiß' }).click();
  await expect(credit).toHaveCount(2);
  await credit.nth(1).getByRole('combobox').click();
  await page.getByRole('option', { name: 'Director' }).click();
  await page.getByRole('button', { name: 'Move Ben Weiß' }).press('ArrowUp');
  await expect(credit.first()).toContainText('Ben Weiß');
  await saved(page);
  expect((await title()).people).toEqual([{ person: 'ben-weiss', name: 'Ben Weiß', job: 'director', character: '' }, { person: 'ana-ortiz', name: 'Ana Ortiz', job: 'actor', character: 'Mara' }]);

  /* For whom it is, what it is called elsewhere, and the house's own field. */
  await page.getByTestId('add-rating').fill('Germany');
  await page.getByRole('option', { name: 'Germany · FSK' }).click();
  await page.getByTestId('rating').getByRole('combobox').click();
  await page.getByRole('option', { name: '12 (from 12)' }).click();
  await page.getByTestId('external-eidr').fill('10.5240/7791-8534-2C23-9030-8601-5');
  await expect(page.getByText('its last one does not fit')).toBeVisible();
  await page.getByTestId('external-eidr').fill('10.5240/7791-8534-2c23-9030-8610-5');
  await page.getByTestId('external-imdb').fill('https://www.imdb.com/title/tt0133093/');
  await page.getByTestId('own-pages').fill('many');
  await expect(page.getByText('A number: 12.5.')).toBeVisible();
  await page.getByTestId('own-pages').fill('112');
  await page.getByTestId('studios').fill('North Light');
  await page.getByRole('option', { name: 'New: North Light' }).click();
  await expect(page.getByTestId('save-state')).toHaveText('Saved');
  await expect.poll(async () => (await title()).studios).toEqual(['north-light']);
  expect(await title()).toMatchObject({
    age: 12, ratings: [{ system: 'FSK', label: '12', age: 12 }], custom: [{ name: 'pages', value: '112' }],
    external_ids: [{ scheme: 'eidr', value: '10.5240/7791-8534-2C23-9030-8610-5' }, { scheme: 'imdb', value: 'tt0133093' }],
  });
  await whole(page, 'described');
  expect(faults).toEqual([]);
  await context.close();
});
