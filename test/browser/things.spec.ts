// What titles name, described in the console: people, of whom one is there twice, genres in their order, a collection, own fields, what hangs on them.
import { expect, test, type Page } from '@playwright/test';
import { signedInContext } from '../lib/browser.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { accessFaults, complaints, pastTheEdge } from '../lib/screens.ts';

const node = new MatineeNode();
const editor = new Client(node);
const titles: any[] = [];

test.beforeAll(async () => {
  await node.start();
  await (await editor.signUp()).become('editor');
  for (const slug of ['ana-ortiz', 'a-ortiz']) await editor.json('POST', '/api/v1/editor/people', { slug, name: 'Ana <i>Ortiz</i>', bio: slug === 'a-ortiz' ? 'Born by the sea.' : '' });
  for (const name of ['Ebb', 'Flood']) {
    const title = await editor.json('POST', '/api/v1/editor/titles', { kind: 'series', name, lang: 'en' });
    titles.push(await editor.json('PUT', `/api/v1/editor/titles/${title.id}/people`, { items: [{ person: titles.length ? 'a-ortiz' : 'ana-ortiz', job: 'director' }] }));
  }
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

/** On a telephone, where the most is cut off; pictures for eyes in both schemes where they are asked for. */
async function whole(page: Page, name: string): Promise<void> {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForLoadState('networkidle');
  expect([name, ...(await accessFaults(page)), ...(await pastTheEdge(page))]).toEqual([name]);
  for (const scheme of process.env.MATINEE_SHOTS ? (['dark', 'light'] as const) : []) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({ path: `${process.env.MATINEE_SHOTS}/things-${name}-${scheme}-${width}.png`, fullPage: true });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

test('an editor orders genres, makes one person of two, fills a collection, and sees what hangs on what goes', async ({ browser }) => {
  const context = await signedInContext(browser, node, editor);
  const page = await context.newPage();
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const faults = complaints(page, [409]);
  const id = (name: string) => page.getByTestId(name);
  const saved = () => expect(id('thing-state')).toHaveText('Saved');

  /* Genres: two by keyboard, in two languages, and into another order. */
  await page.goto(`${node.url}/console/`);
  await page.getByRole('link', { name: 'People & genres' }).click();
  await id('tab-genres').click();
  for (const name of ['Drama', 'Sea']) {
    await page.getByRole('heading', { level: 1, name: 'People & genres' }).waitFor();
    await page.keyboard.press('n');
    await id('thing-name.en').fill(name);
    await page.keyboard.press('Control+s');
    await saved();
    await expect(page).toHaveURL(/genres\/01/);
    await page.getByRole('link', { name: 'Genres', exact: true }).click();
  }
  await page.getByRole('button', { name: /^Move Sea, 2 of 2/ }).focus();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByText('The order is saved')).toBeVisible();
  const inOrder = async () => (await editor.json('GET', '/api/v1/editor/genres')).items.sort((a: any, b: any) => a.position - b.position).map((one: any) => one.slug);
  expect(await inOrder()).toEqual(['sea', 'drama']);
  await whole(page, 'genres');
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await expect.poll(inOrder).toEqual(['drama', 'sea']);

  /* One person of two; what is not saved is not lost by leaving. */
  await id('tab-people').click();
  await id('search').fill('ana-o');
  await expect(id('row')).toHaveCount(1);
  await whole(page, 'people');
  await id('row').focus();
  await page.keyboard.press('Enter');
  await expect(id('use')).toContainText('Ebb');
  await id('thing-name').fill('Ana Ortiz');
  await page.getByRole('link', { name: 'Titles', exact: true }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.keyboard.press('Control+s');
  await saved();
  await id('merge-others').fill('a-ortiz');
  await page.getByRole('option', { name: /· a-ortiz/ }).click();
  await whole(page, 'person');
  await id('merge').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Merge' }).click();
  await expect(id('use').getByRole('listitem')).toHaveCount(2);
  await expect(id('thing-bio')).toHaveValue('Born by the sea.');
  expect((await editor.json('GET', `/api/v1/editor/titles/${titles[1].id}`)).people.map((one: any) => one.person)).toEqual(['ana-ortiz']);

  /* A collection: looked for, not there, made; its titles in their order. */
  await page.getByRole('link', { name: 'People', exact: true }).click();
  await id('tab-collections').click();
  await id('search').fill('Tides');
  await id('make').click();
  await expect(id('thing-name.en')).toHaveValue('Tides');
  for (const name of ['Ebb', 'Flood']) {
    await id('pick').fill(name);
    await page.getByRole('option', { name }).click();
  }
  await page.getByRole('button', { name: /^Move Flood/ }).focus();
  await page.keyboard.press('Home');
  await id('thing-published').click();
  await id('thing-save').click();
  await saved();
  const [tides] = (await editor.json('GET', '/api/v1/editor/collections?q=tides')).items;
  expect(await editor.json('GET', `/api/v1/editor/collections/${tides.id}`)).toMatchObject({ published: true, titles: [titles[1].id, titles[0].id] });
  await whole(page, 'collection');

  /* A field of the house's own: a choice wants its options, and in use it keeps its type. */
  await page.goto(`${node.url}/console/catalogue/fields/new`);
  await id('thing-name').fill('Shelf');
  await id('field-type').click();
  await page.getByRole('option', { name: 'One of a list' }).click();
  await page.keyboard.press('Control+s');
  await expect(page.getByText('Say what can be chosen.')).toBeVisible();
  await id('field-options').fill('Up');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+s');
  await saved();
  await editor.json('PUT', `/api/v1/editor/titles/${titles[0].id}/custom`, { items: [{ name: 'shelf', value: 'Up' }] });
  await page.reload();
  await expect(id('field-type')).toBeDisabled();
  await whole(page, 'field');
  await id('thing-drop').click();
  await expect(page.getByRole('dialog')).toContainText('1 title names it');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No field of your own yet')).toBeVisible();
  expect((await editor.json('GET', `/api/v1/editor/titles/${titles[0].id}`)).custom).toEqual([]);
  await whole(page, 'fields-empty');
  expect(faults).toEqual([]);
  await context.close();
});
