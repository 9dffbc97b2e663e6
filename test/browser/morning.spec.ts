// An editor's morning: eight episodes and a sheet are dropped into the console; the browser is killed at 60% of an upload, the server at 40% of an
// encode; they are described, get rights for two countries and a schedule, and are in the store at the minute, in one country and not in the other.
import { chromium, expect, test, type BrowserContext, type Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clip } from '../lib/media.ts';
import { binary, Client, MatineeNode } from '../lib/node.ts';
import { descendants } from '../lib/processes.ts';
import { accessFaults, complaints, pastTheEdge } from '../lib/screens.ts';

const password = 'a long enough password';
const email = 'ed@example.org';
const args = ['--trusted-proxies', '127.0.0.1,::1', '--country-header', 'CF-IPCountry'];
const node = new MatineeNode();
const editor = new Client(node);
let context: BrowserContext | undefined;
const folder = mkdtempSync(join(tmpdir(), 'matinee-morning-'));
const profile = join(folder, 'browser');
const MB = 1 << 20;
const names = ['Ebb', 'Flood', 'Neap', 'Spring', 'Slack', 'Rip', 'Swell', 'Surge'];

test.beforeAll(async () => {
  execFileSync(binary, ['user', 'create', email, '--role', 'editor', '--data', node.data], { input: password, stdio: ['pipe', 'pipe', 'pipe'] });
  await node.start({ args });
  await editor.json('POST', '/api/v1/session', { email, password });
});
test.afterAll(async () => {
  await context?.close();
  await node.stop();
  node.remove();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const moving = (name: string, seconds: number) => clip(name, ['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=25:duration=${seconds}`, '-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}:sample_rate=48000`, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac']);

/** The same film, of another length and hash: a box behind it that players skip. */
function padded(path: string, bytes: number): Buffer {
  const box = Buffer.alloc(bytes);
  box.writeUInt32BE(bytes, 0);
  box.write('free', 4);
  return Buffer.concat([readFileSync(path), box]);
}

/** Eight episodes, the first long to send and long to encode, and what they are about, as another house exports it. */
function folderFill(): string[] {
  const films = names.map((name, i) => {
    const path = join(folder, `Tides.S01E0${i + 1}.${name}.1080p.mp4`);
    writeFileSync(path, i ? padded(moving('morning.mp4', 2), 16 + i) : padded(moving('morning-long.mp4', 30), 8 * MB - statSync(moving('morning-long.mp4', 30)).size));
    return path;
  });
  const sheet = join(folder, 'tides.csv');
  writeFileSync(sheet, ['Show;Season;Episode;Episode title;Plot;Genre;Internal', ...names.map((name, i) => `Tides;1;${i + 1};"${name}: the ""${i + 1}""";The sea, ${i + 1}.;Drama | Sea;x${i}`)].join('\r\n'), 'latin1');
  return [...films, sheet];
}

const open = (): Promise<BrowserContext> =>
  chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'], viewport: { width: 1440, height: 900 }, locale: 'en-GB', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' });

async function visit(page: Page, path: string): Promise<void> {
  await page.goto(`${node.url}/console${path}`);
  const address = page.getByLabel('E-mail address');
  await expect(address.or(page.locator('#main h1'))).toBeVisible();
  if (!(await address.isVisible())) return; // a browser that is killed may not have written the session down
  await address.fill(email);
  await page.locator('input[name=password]').fill(password);
  await page.getByTestId('submit').click();
  await expect(page.locator('#main h1')).toBeVisible();
}

/** As a person drops files out of a folder: real ones, by their paths. */
async function drop(page: Page, files: string[]): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await cdp.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data: { items: [], files, dragOperationsMask: 1 } });
  await cdp.detach();
}

/** At the width of a telephone, where the most is cut off. */
async function whole(page: Page, name: string): Promise<void> {
  await page.setViewportSize({ width: 390, height: 844 });
  expect([name, ...(await accessFaults(page)), ...(await pastTheEdge(page))]).toEqual([name]);
  if (process.env.MATINEE_SHOTS) await page.screenshot({ path: `${process.env.MATINEE_SHOTS}/morning-${name}-390.png` });
  await page.setViewportSize({ width: 1440, height: 900 });
  if (process.env.MATINEE_SHOTS) await page.screenshot({ path: `${process.env.MATINEE_SHOTS}/morning-${name}-1440.png` });
}

const uploads = async () => (await editor.json('GET', '/api/v1/uploads')).items as { id: string; file_name: string; state: string; offset: number; size: number; import_id: string | null }[];
const long = async () => (await uploads()).find((one) => one.file_name.includes('E01'))!;

test('a folder of episodes is described, scheduled and in the store', async ({ browser }) => {
  const files = folderFill();
  context = await open();
  let page = context.pages()[0]!;
  const faults = complaints(page, [401]);
  const size = readFileSync(files[0]!).length;
  let sixty = () => {};
  const atSixty = new Promise<void>((done) => (sixty = done));
  /* Pieces of 1 and 4 MiB go; what lies behind them never arrives. */
  await page.route('**/api/v1/uploads/*', (route) => {
    const from = Number(route.request().headers()['upload-offset'] ?? -1);
    return from >= 0.6 * size ? sixty() : route.continue();
  });

  await visit(page, '/');
  await drop(page, files);
  await expect(page).toHaveURL(/\/console\/ingest$/);
  await expect(page.getByTestId('match-row')).toHaveCount(8);
  await expect(page.getByTestId('match-series')).toHaveValue('Tides');
  await whole(page, 'matching');
  await page.getByTestId('match-start').click();

  /* The sheet comes next, while the films go up: two of its columns are called otherwise here, one is left out. */
  await expect(page).toHaveURL(/\/ingest\/bulk$/);
  await expect(page.getByTestId('column')).toHaveCount(7);
  await whole(page, 'columns');
  await page.getByTestId('columns-take').click();
  await expect(page.getByTestId('report-row')).toHaveCount(8);
  await whole(page, 'report');
  await page.getByTestId('bulk-write').click();
  await expect(page.getByText('8 titles written')).toBeVisible();
  await whole(page, 'written');

  await atSixty;
  await expect.poll(async () => (await uploads()).filter((one) => one.import_id).length).toBe(7);
  for (const one of descendants(process.pid)) if (one.command.includes(profile)) process.kill(one.pid, 'SIGKILL');
  await context.close().catch(() => undefined); // Playwright's end of it
  const left = await long();
  expect(left.state).toBe('open');
  expect(left.offset / left.size).toBeGreaterThanOrEqual(0.6);

  context = await open();
  page = context.pages()[0]!;
  faults.push(...complaints(page, [401]));
  const offsets: number[] = [];
  page.on('request', (request) => request.method() === 'PATCH' && offsets.push(Number(request.headers()['upload-offset'])));
  await visit(page, '/ingest');
  await expect(page.getByTestId('left')).toContainText('S1 E1');
  await whole(page, 'interrupted');
  await drop(page, [files[0]!]);
  await expect.poll(async () => (await long()).import_id).not.toBe(null);
  expect(Math.min(...offsets)).toBe(left.offset); // nothing was sent twice

  const job = async () => {
    const { items } = await editor.json('GET', `/api/v1/jobs?import_id=${(await long()).import_id}&limit=100`);
    return items.find((one: { kind: string }) => one.kind === 'ingest.encode') as { state: string; progress: number } | undefined;
  };
  await expect.poll(async () => (await job())?.progress ?? 0, { timeout: 60_000, intervals: [50] }).toBeGreaterThanOrEqual(0.4);
  expect((await job())?.state).toBe('running');
  node.kill();
  await node.exited();
  await node.start({ args });
  /* The folder again, while it goes on: rights of the whole series for two countries, the one a day after the other. */
  const minute = new Date(Math.ceil((Date.now() + 15_000) / 60_000) * 60_000);
  const later = new Date(minute.getTime() + 86_400_000);
  const berlin = (at: Date) => new Date(at.getTime() + 3_600_000 * (new Intl.DateTimeFormat('en', { timeZone: 'Europe/Berlin', timeZoneName: 'shortOffset' }).format(at).includes('+2') ? 2 : 1)).toISOString().slice(0, 16);
  const { items } = await editor.json('GET', '/api/v1/editor/titles?kind=series');
  await visit(page, `/titles/${items[0].id}`);
  await page.getByTestId('rights').click();
  for (const [country, at] of [['Germany', minute], ['France', later]] as const) {
    await page.getByTestId('add-window').click();
    await page.getByTestId('territories').fill(country);
    await page.getByRole('option', { name: country, exact: true }).click();
    await page.getByTestId('starts').fill(berlin(at));
    await expect(page.getByRole('dialog').getByTestId('zone')).toHaveValue('Europe/Berlin');
    if (country === 'Germany') await whole(page, 'window');
    await page.getByTestId('form-save').click();
    await expect(page.getByTestId('save-state')).toHaveText('Saved');
  }
  await expect(page.getByTestId('window')).toHaveCount(2);
  await whole(page, 'rights');

  await visit(page, '/titles');
  await expect(page.getByTestId('row')).toHaveCount(10);
  await page.getByLabel('Choose Tides', { exact: true }).check();
  await page.getByTestId('bulk-edit').click();
  await page.getByTestId('bulk-publish-at-how').getByText('At', { exact: true }).click();
  await page.getByTestId('bulk-publish-at').fill(berlin(minute));
  await whole(page, 'bulk-edit');
  await page.getByTestId('bulk-apply').click();
  await expect(page.getByText('10 titles changed')).toBeVisible();

  await visit(page, '/ingest/jobs');
  await whole(page, 'jobs');
  await page.getByRole('tab', { name: 'Films' }).click();
  const states = () => page.getByTestId('import').evaluateAll((list) => list.map((one) => one.getAttribute('data-state')));
  await expect.poll(states, { timeout: 90_000 }).toEqual(Array(8).fill('done'));
  await page.getByTestId('import').filter({ hasText: 'Ebb' }).getByTestId('log').click();
  await expect(page.getByTestId('job-log').first()).toBeVisible();
  await whole(page, 'log');

  const store = async (country: string) => {
    const viewers = await browser.newContext({ locale: 'en-GB', extraHTTPHeaders: { 'cf-ipcountry': country } });
    const who = await new Client(node).signUp(country);
    const at = who.cookie.indexOf('=');
    await viewers.addCookies([{ name: who.cookie.slice(0, at), value: who.cookie.slice(at + 1), url: node.url, httpOnly: true, sameSite: 'Lax' }]);
    return await viewers.newPage();
  };
  const shows = async (viewer: Page) => {
    await viewer.goto(node.url);
    await expect(viewer.getByRole('main')).toBeVisible();
    await viewer.waitForLoadState('networkidle');
    return await viewer.getByText('Tides').count() > 0;
  };
  const germany = await store('DE');
  const france = await store('FR');
  if (Date.now() < minute.getTime() - 3000) expect(await shows(germany)).toBe(false);
  await expect.poll(() => shows(germany), { timeout: 90_000, intervals: [1000] }).toBe(true);
  expect(Date.now()).toBeGreaterThanOrEqual(minute.getTime());
  expect(await shows(france)).toBe(false);
  await germany.getByText('Tides').first().click();
  await expect(germany.getByRole('link', { name: /Surge: the "8"/ })).toBeVisible();
  if (process.env.MATINEE_SHOTS) await germany.screenshot({ path: `${process.env.MATINEE_SHOTS}/morning-store.png` });
  expect(faults.filter((one) => !/ERR_|Failed to load resource|status of 50\d/.test(one))).toEqual([]);
});
