// bench/web/run: how soon screens are there, through the DevTools protocol, against the same screens as pages without script.
import { chromium, type Browser, type BrowserContext } from '@playwright/test';
import { createServer, request, type Server } from 'node:http';
import { gzipSync } from 'node:zlib';
import { Client, MatineeNode } from '../lib/node.ts';
import { placeFind, type Place } from '../lib/tour.ts';
import { dress, people, person } from '../screens/dress.ts';

const [data, ...args] = process.argv.slice(2);
const asJson = args.includes('--json');
const runs = Number(process.env.RUNS ?? (args.includes('--quick') ? 2 : 5));
const asked = (process.env.CASES ?? 'home title search console').split(' ');
const say = (line: string) => (asJson ? process.stderr : process.stdout).write(`${line}\n`);

interface Case {
  name: string;
  path: (p: Place) => string;
  ready: string;
  phone: boolean;
}
const cases: Case[] = [
  { name: 'home', path: () => '/', ready: '[data-testid=home]', phone: true },
  { name: 'title', path: (p) => `/title/${p.film}`, ready: '[data-testid=title]', phone: true },
  { name: 'search', path: (p) => `/search?q=${encodeURIComponent(p.word)}`, ready: '[data-testid=found]', phone: true },
  { name: 'console', path: () => '/console/', ready: 'main h1', phone: false },
];
const metrics = ['FCP', 'LCP', 'TBT', 'CLS', 'script'] as const;
type Figures = Record<(typeof metrics)[number], number>;
const wanted: Partial<Figures> = { LCP: 2500, TBT: 200, CLS: 0.1 };
const FAST_4G = { offline: false, latency: 165, downloadThroughput: (8.1e6 / 8) | 0, uploadThroughput: (1.35e6 / 8) | 0 };
const SLOWER = 4;
const QUIET_MS = 2000;

/** Notes what happens from before the first byte of the page's own. */
function watch(): void {
  const seen = { FCP: 0, LCP: 0, tasks: [] as [number, number][], CLS: 0, last: 0 };
  (window as any).__seen = seen;
  let [sum, first, before] = [0, 0, 0];
  const on = (type: string, each: (entry: any) => void) => new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
  on('paint', (e) => e.name === 'first-contentful-paint' && (seen.FCP = e.startTime));
  on('largest-contentful-paint', (e) => (seen.LCP = e.startTime));
  on('longtask', (e) => (seen.tasks.push([e.startTime, e.duration]), (seen.last = e.startTime + e.duration)));
  on('layout-shift', (e) => {
    if (e.hadRecentInput) return;
    const fresh = !sum || e.startTime - before > 1000 || e.startTime - first > 5000;
    if (fresh) [sum, first] = [0, e.startTime];
    sum += e.value;
    before = e.startTime;
    seen.CLS = Math.max(seen.CLS, sum);
  });
}

async function contextFor(browser: Browser, who: Client, url: string, phone: boolean): Promise<BrowserContext> {
  const context = await browser.newContext(phone ? { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, locale: 'en-GB' } : { viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  const at = who.cookie.indexOf('=');
  await context.addCookies([{ name: who.cookie.slice(0, at), value: who.cookie.slice(at + 1), url, httpOnly: true, sameSite: 'Lax' }]);
  await context.addInitScript(watch);
  return context;
}

async function measure(context: BrowserContext, url: string, ready: string): Promise<Figures> {
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', FAST_4G);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  const scripts = new Set<string>();
  let [bytes, waiting, moved] = [0, 0, Date.now()];
  cdp.on('Network.requestWillBeSent', ({ requestId, type }) => {
    waiting++;
    moved = Date.now();
    if (type === 'Script') scripts.add(requestId);
  });
  const ended = ({ requestId, encodedDataLength = 0 }: { requestId: string; encodedDataLength?: number }) => {
    waiting--;
    moved = Date.now();
    if (scripts.has(requestId)) bytes += encodedDataLength;
  };
  cdp.on('Network.loadingFinished', ended);
  cdp.on('Network.loadingFailed', ended);
  await page.goto(url, { waitUntil: 'load', timeout: 60_000 });
  await page.locator(ready).first().waitFor({ timeout: 60_000 });
  /* An open stream of events is never done: what counts is that nothing has come or gone for a while. */
  for (const end = Date.now() + 30_000; Date.now() < end && Date.now() - moved < QUIET_MS; ) await page.waitForTimeout(100);
  const seen = await page.evaluate(() => (window as any).__seen);
  await page.close();
  const TBT = seen.tasks.filter(([at, ms]: [number, number]) => at + ms > seen.FCP).reduce((sum: number, [, ms]: [number, number]) => sum + Math.max(0, ms - 50), 0);
  return { FCP: seen.FCP, LCP: seen.LCP, TBT, CLS: seen.CLS, script: bytes / 1000 };
}

/** The screen as it stands, with nothing in it that runs. */
async function still(context: BrowserContext, url: string, ready: string): Promise<string> {
  const page = await context.newPage();
  await page.goto(url);
  await page.locator(ready).first().waitFor();
  await page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => {});
  const html = await page.evaluate(() => {
    for (const e of document.querySelectorAll('script, link[rel=modulepreload], link[rel=manifest]')) e.remove();
    for (const img of document.images) img.setAttribute('data-shown', '');
    const style = [...document.styleSheets].filter((sheet) => !sheet.href).flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText)).join('\n');
    return `<!doctype html>${document.documentElement.outerHTML.replace('</head>', () => `<style>${style}</style></head>`)}`;
  });
  await page.close();
  return html;
}

/** Serves that page, compressed; all else is the real server's, through here. */
async function rivalServe(node: MatineeNode, pages: Map<string, string>): Promise<{ server: Server; url: string }> {
  const server = createServer((rq, rs) => {
    const html = pages.get(rq.url ?? '');
    if (html !== undefined) {
      rs.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-encoding': 'gzip', 'cache-control': 'no-store' });
      rs.end(gzipSync(html));
      return;
    }
    const on = request({ host: '127.0.0.1', port: node.port, path: rq.url, method: rq.method, headers: { ...rq.headers, host: `localhost:${node.port}` } }, (answer) => {
      rs.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(rs);
    });
    on.on('error', () => rs.destroy());
    rq.pipe(on);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const at = server.address();
  return { server, url: `http://localhost:${at && typeof at === 'object' ? at.port : 0}` };
}

const median = (values: number[]): number => {
  const v = [...values].sort((a, b) => a - b);
  return v.length % 2 ? v[(v.length - 1) / 2]! : (v[v.length / 2 - 1]! + v[v.length / 2]!) / 2;
};
const missed: string[] = [];

function report(one: Case, ours: Figures[], theirs: Figures[]): void {
  for (const metric of metrics) {
    const round = (v: number) => Number(v.toFixed(metric === 'CLS' ? 3 : metric === 'script' ? 1 : 0));
    const [mine, rival] = [round(median(ours.map((f) => f[metric]))), round(median(theirs.map((f) => f[metric])))];
    const ratio = rival > 0 ? Number((mine / rival).toFixed(2)) : null;
    const bound = one.phone ? wanted[metric] : undefined;
    const late = bound !== undefined && mine >= bound;
    if (late) missed.push(`${one.name} ${metric}`);
    if (asJson) console.log(JSON.stringify({ bench: 'web', case: one.name, metric: `${metric}${metric === 'CLS' ? '' : metric === 'script' ? ' KB' : ' ms'}`, ours: mine, rival, ratio, runs }));
    say(`${one.name.padEnd(10)}${metric.padEnd(8)}${String(mine).padStart(10)}${String(rival).padStart(10)}${(ratio === null ? '' : ratio.toFixed(2)).padStart(8)}${bound === undefined ? '' : `  (< ${bound}${late ? ': MISSED' : ''})`}`);
  }
}

async function main(): Promise<void> {
  const node = new MatineeNode(data!);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage', '--mute-audio'] });
  const pages = new Map<string, string>();
  await node.start({ args: ['--billing-test-gateway', '--billing-country', 'DE'] });
  const rival = await rivalServe(node, pages);
  try {
    await dress(node, browser, (line) => process.stderr.write(`  ${line}\n`));
    const [viewer, staff] = [await person(node, people.viewer), await person(node, people.staff)];
    const place = await placeFind(viewer, staff);
    say(`processor ${SLOWER} times slower, Fast 4G, cold cache, median of ${runs}; ms, KB of script\n${'screen'.padEnd(10)}${'figure'.padEnd(8)}${'ours'.padStart(10)}${'static'.padStart(10)}${'ratio'.padStart(8)}`);
    for (const one of cases.filter(({ name }) => asked.includes(name))) {
      const who = one.phone ? viewer : staff;
      const [ours, theirs]: [Figures[], Figures[]] = [[], []];
      const path = one.path(place);
      const first = await contextFor(browser, who, node.url, one.phone);
      pages.set(path, await still(first, node.url + path, one.ready));
      await first.close();
      for (let i = 0; i < runs; i++)
        for (const [url, into] of [[node.url, ours], [rival.url, theirs]] as const) {
          const context = await contextFor(browser, who, url, one.phone);
          into.push(await measure(context, url + path, one.ready));
          await context.close();
        }
      report(one, ours, theirs);
    }
  } finally {
    rival.server.close();
    await browser.close();
    await node.stop();
  }
  if (missed.length) say(`missed: ${missed.join(', ')}`);
  process.exit(missed.length ? 1 : 0);
}
await main();
