// An editor drops subtitles on a title, edits one beside the film, moves the rest; a viewer's player shows what was saved.
import { expect, test, type Page } from '@playwright/test';
import { signedInContext, watch } from '../lib/browser.ts';
import { clip } from '../lib/media.ts';
import { Client, MatineeNode } from '../lib/node.ts';
import { accessFaults, complaints, pastTheEdge } from '../lib/screens.ts';

const node = new MatineeNode();
let film: { slug: string; title_id: string };
let editor: Client;

const small = () => clip('subs-12s.mp4', ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=12', '-f', 'lavfi', '-i', 'sine=duration=12', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest']);
const srt = '1\n00:00:00,000 --> 00:00:04,000\nIch weiß nicht, was Sie möchten.\n\n2\n00:00:05,000 --> 00:00:08,000\nWir können über alles sprechen, wenn du zurückkommst und wir beide Zeit haben.\n\n3\n00:00:09,000 --> 00:00:11,000\nEr hat schöne Bücher gekauft.\n';

test.beforeAll(async () => {
  await node.start();
  film = node.import(small(), '--title', 'Spoken');
  editor = await (await new Client(node).signUp('ed')).become('viewer,editor');
});
test.afterAll(async () => {
  await node.stop();
  node.remove();
});

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

/** As on a telephone and on a desk; pictures of it in both schemes where somebody wants to look. */
async function whole(page: Page, name: string, dialog = false): Promise<void> {
  const shots = process.env.MATINEE_SHOTS;
  await page.setViewportSize({ width: 390, height: 844 });
  expect([name, ...(await accessFaults(page)), ...(await pastTheEdge(page))]).toEqual([name]);
  if (shots) await page.screenshot({ path: `${shots}/subtitles-${name}-390.png`, fullPage: !dialog });
  await page.setViewportSize({ width: 1440, height: 900 });
  for (const colorScheme of shots ? (['light', 'dark'] as const) : []) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme);
    await page.screenshot({ path: `${shots}/subtitles-${name}-1440-${colorScheme}.png` });
  }
}

test('dropped, found out, edited beside the film, saved, and seen by who presses Play', async ({ browser }) => {
  const context = await signedInContext(browser, node, editor);
  const page = await context.newPage();
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 1440, height: 900 });
  const faults = complaints(page, []);

  await page.goto(`${node.url}/console/titles/${film.title_id}`);
  await expect(page.getByText('No subtitles yet.')).toBeVisible();
  await drop(page, 'Spoken.sdh.srt', Buffer.from(srt, 'latin1'));
  const row = page.getByTestId('subtitle');
  await expect(row).toContainText('German');
  await expect(row).toContainText('windows-1252');
  await expect(row).toContainText('SDH');
  await whole(page, 'list');
  // What is far too large is not even sent; another encoding is tried on the file that was.
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(17 << 20)], 'huge.srt'));
    for (const type of ['dragenter', 'drop']) document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
  });
  await expect(page.getByText('huge.srt is over 16 MB')).toBeVisible();
  await row.getByRole('button').click();
  await page.getByRole('menuitem', { name: 'Language and flags' }).click();
  for (const encoding of ['windows-1250', 'windows-1252']) {
    await page.getByTestId('subtitle-encoding').click();
    await page.getByRole('option', { name: encoding }).click();
    await expect(page.getByRole('dialog').getByRole('definition').first()).toHaveText(encoding);
  }
  if (process.env.MATINEE_SHOTS) await whole(page, 'about', true);
  await page.keyboard.press('Escape');

  await row.getByRole('link', { name: 'German' }).click();
  const lines = page.getByTestId('line');
  await expect(lines).toHaveCount(3);
  await expect(page.getByTestId('film-words')).toHaveText('Ich weiß nicht, was Sie möchten.');
  // A click plays from there.
  await lines.nth(1).click();
  await expect.poll(() => page.getByTestId('film').evaluate((video: HTMLVideoElement) => [!video.paused, video.currentTime > 5])).toEqual([true, true]);
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByTestId('film-time')).toHaveText('00:05.000');
  await expect(page.getByText(/A line of 78 characters/).first()).toBeAttached();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByTestId('problems')).toContainText('1 line to look at');
  await page.keyboard.press('n');
  await expect(page.getByTestId('line-start')).toHaveValue('00:05.000');
  // By keyboard: split where the film stands (the middle, for it stands at the start), undone; the next line, a second on, its start there.
  await page.keyboard.press('s');
  await expect(lines).toHaveCount(4);
  await page.keyboard.press('Control+z');
  await expect(lines).toHaveCount(3);
  await page.keyboard.press('ArrowDown');
  await expect(page.getByTestId('film-time')).toHaveText('00:09.000');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('film-time')).toHaveText('00:10.000');
  await page.keyboard.press('[');
  await expect(page.getByTestId('line-start')).toHaveValue('00:10.000');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.getByTestId('line-text').fill('Tom & <b>Jerry</b> <script>alert(1)</script>');
  await expect(page.getByTestId('film-words')).toHaveText('Tom & Jerry alert(1)');
  await whole(page, 'editor');
  await page.getByTestId('times').click();
  await page.getByTestId('shift-by').fill('-0.5');
  await expect(page.getByTestId('time-then').last()).toHaveText('00:09.500');
  if (process.env.MATINEE_SHOTS) await whole(page, 'times', true);
  await page.getByTestId('times-apply').click();
  await page.getByRole('link', { name: 'Title', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0); // keys are its own while it goes
  await page.keyboard.press('Control+s');
  await expect(page.getByTestId('cues-state')).toHaveText('Saved');

  // A viewer's player.
  await watch(page, node, film.slug);
  await page.mouse.move(400, 400);
  await page.getByTestId('audio-text').click();
  await page.getByTestId('text-menu').locator('[data-lang=de]').click();
  await page.evaluate(() => { const video = document.querySelector('video')!; video.pause(); video.currentTime = 1; });
  await expect(page.locator('.shaka-text-container')).toContainText('Tom & Jerry alert(1)');
  expect(faults).toEqual([]);
  await context.close();
});
