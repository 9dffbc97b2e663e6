// A viewer in Chromium: signed in, in the player, with what the picture did.
import { expect, type Browser, type BrowserContext, type CDPSession, type Page } from '@playwright/test';
import { Client, type MatineeNode } from './node.ts';

export async function signedInContext(browser: Browser, node: MatineeNode, client?: Client): Promise<BrowserContext> {
  const who = client ?? (await new Client(node).signUp());
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-US' });
  const at = who.cookie.indexOf('=');
  await context.addCookies([{ name: who.cookie.slice(0, at), value: who.cookie.slice(at + 1), url: node.url, httpOnly: true, sameSite: 'Lax' }]);
  await context.addInitScript(() => localStorage.setItem('matinee.test', '1'));
  return context;
}

/** Opens the player; `query` goes to its test mode (bufferGoal=10). */
export async function watch(page: Page, node: MatineeNode, slug: string, query = ''): Promise<void> {
  await page.goto(`${node.url}/watch/${slug}${query ? `?${query}` : ''}`);
  await page.waitForFunction(() => '__matinee_player' in window);
}

export async function position(page: Page): Promise<number> {
  return await page.evaluate(() => document.querySelector('video')?.currentTime ?? -1);
}

export async function playsTo(page: Page, seconds: number, limitMs = 60_000): Promise<void> {
  await expect.poll(() => position(page), { timeout: limitMs, intervals: [200] }).toBeGreaterThanOrEqual(seconds);
}

export async function frames(page: Page): Promise<{ total: number; dropped: number }> {
  return await page.evaluate(() => {
    const q = document.querySelector('video')!.getVideoPlaybackQuality();
    return { total: q.totalVideoFrames, dropped: q.droppedVideoFrames };
  });
}

/** The height of the rendition that plays now, by the player. */
export async function height(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const player = (window as any).__matinee_player;
    return player.getVariantTracks().find((t: any) => t.active)?.height ?? 0;
  });
}

/** How many different colours a picture of the video's area shows (a black or flat area: very few). */
export async function coloursSeen(page: Page): Promise<number> {
  // Only the film: controls, messages and a poster are not what was decoded.
  await page.evaluate(() => {
    const video = document.querySelector('video')!;
    video.removeAttribute('poster');
    for (const e of document.querySelectorAll<HTMLElement>('body *')) if (!e.contains(video)) e.style.visibility = 'hidden';
  });
  const box = (await page.locator('video').boundingBox())!;
  const mid = { x: box.x + box.width * 0.25, y: box.y + box.height * 0.3, width: box.width * 0.5, height: box.height * 0.3 };
  const png = await page.screenshot({ clip: mid });
  // The browser that made the picture also reads it.
  const reader = await page.context().newPage();
  try {
    return await reader.evaluate(async (b64) => {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${b64}`)).blob());
      const canvas = new OffscreenCanvas(image.width, image.height);
      const g = canvas.getContext('2d')!;
      g.drawImage(image, 0, 0);
      const { data } = g.getImageData(0, 0, image.width, image.height);
      const seen = new Set<number>();
      for (let i = 0; i < data.length; i += 4) seen.add(((data[i]! >> 3) << 10) | ((data[i + 1]! >> 3) << 5) | (data[i + 2]! >> 3));
      return seen.size;
    }, png.toString('base64'));
  } finally {
    await reader.close();
  }
}

const sessions = new WeakMap<Page, CDPSession>();

/** Limits or frees the page's network. One session a page: a limit lasts as long as the session that set it. */
export async function throttle(page: Page, bitsPerSecond: number | undefined): Promise<void> {
  const cdp = sessions.get(page) ?? (await page.context().newCDPSession(page));
  sessions.set(page, cdp);
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: bitsPerSecond ? 20 : 0,
    downloadThroughput: bitsPerSecond ? bitsPerSecond / 8 : -1,
    uploadThroughput: -1,
  });
}
