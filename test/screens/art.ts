// Posters, backdrops, stills and drawn names for the catalogue that screenshots are made of: landscapes out of a few numbers, drawn by
// the browser, so that no picture lies in the repository and every run has the same ones.
import type { Browser } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/media.ts';

export type Land = 'hills' | 'peaks' | 'sea' | 'city' | 'forest' | 'dunes' | 'planet';
export interface Scene {
  land: Land;
  /** Sky from above to the horizon, then the ground. */
  sky: [string, string, string];
  ground: string;
  light: string;
  /** Where the sun or moon is, of the width and the height. */
  at: [number, number];
  seed: number;
  letters: 'wide' | 'heavy' | 'serif' | 'hand';
}

/** mulberry32: the same numbers everywhere. */
function numbers(seed: number): () => number {
  let a = seed * 0x9e3779b1;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const mix = (a: string, b: string, t: number): string =>
  '#' + [1, 3, 5].map((i) => Math.round(parseInt(a.slice(i, i + 2), 16) * (1 - t) + parseInt(b.slice(i, i + 2), 16) * t).toString(16).padStart(2, '0')).join('');

/** A ridge from side to side: waves on waves, sharp where rough is large. */
function ridge(w: number, base: number, high: number, rough: number, r: () => number): string {
  const waves = Array.from({ length: 6 }, (_, i) => ({ k: (1.3 + r()) * 1.9 ** i, p: r() * 7, a: 1 / (1 + (1.2 - rough) * i * i) / (i + 1) }));
  const points: string[] = [];
  for (let x = 0; x <= w; x += w / 220) {
    const y = waves.reduce((sum, { k, p, a }) => sum + a * (rough > 0.6 ? 1 - 2 * Math.abs(Math.sin((x / w) * k + p)) : Math.sin((x / w) * k * 2 + p)), 0);
    points.push(`${x.toFixed(1)},${(base - high * y * 0.5).toFixed(1)}`);
  }
  return points.join(' ');
}

function layers({ land, sky, ground, seed }: Scene, w: number, h: number): string {
  const r = numbers(seed);
  const far = sky[2];
  const horizon = h * (land === 'sea' ? 0.62 : 0.6);
  const wide = Math.max(w, h * 0.9);
  if (land === 'planet') {
    const ball = `<circle cx="${w * 0.5}" cy="${h * 1.42}" r="${h * 0.78}" fill="${ground}"/><circle cx="${w * 0.5}" cy="${h * 1.42}" r="${h * 0.78}" fill="none" stroke="${far}" stroke-width="${h * 0.006}" opacity=".8" filter="url(#soft)"/>`;
    const ring = `<ellipse cx="${w * 0.36}" cy="${h * 0.3}" rx="${wide * 0.2}" ry="${wide * 0.035}" fill="none" stroke="${sky[1]}" stroke-width="${wide * 0.006}" opacity=".7" transform="rotate(-18 ${w * 0.36} ${h * 0.3})"/>`;
    return ring + ball;
  }
  if (land === 'sea') {
    let out = `<rect y="${horizon}" width="${w}" height="${h - horizon}" fill="url(#water)"/>`;
    out += `<polygon points="${ridge(w, horizon, h * 0.06, 0.3, r)} ${w},${horizon} 0,${horizon}" fill="${mix(far, ground, 0.45)}"/>`;
    for (let i = 0; i < 90; i++) {
      const y = horizon + (h - horizon) * r() ** 1.6, long = w * (0.02 + 0.2 * ((y - horizon) / h) + 0.05 * r());
      out += `<rect x="${(r() * 1.2 - 0.1) * w}" y="${y}" width="${long}" height="${1 + ((y - horizon) / h) * 5}" rx="2" fill="${r() > 0.5 ? far : ground}" opacity="${0.12 + 0.3 * r()}"/>`;
    }
    return out;
  }
  let out = '';
  const n = 5;
  for (let i = 0; i < n; i++) {
    const t = (i + 1) / n, base = horizon + (h - horizon) * (i / n) * 1.1;
    const colour = mix(far, ground, 0.25 + 0.75 * t);
    if (land === 'city') {
      for (let x = -20; x < w; ) {
        const wd = wide * (0.02 + 0.035 * r()), top = base - h * (0.06 + 0.26 * r() * (1.1 - t * 0.5));
        out += `<rect x="${x}" y="${top}" width="${wd + 1}" height="${h - top}" fill="${colour}"/>`;
        for (let wy = top + 8; i > 1 && wy < h; wy += h * 0.018)
          for (let wx = x + 5; wx < x + wd - 6; wx += wide * 0.008) if (r() > 0.72) out += `<rect x="${wx}" y="${wy}" width="${wide * 0.0036}" height="${h * 0.008}" fill="${sky[2]}" opacity="${0.35 + 0.6 * r()}"/>`;
        x += wd + (r() > 0.8 ? wd * 0.4 : 0);
      }
    } else if (land === 'forest') {
      for (let x = -30; x < w + 30; x += wide * (0.012 + 0.016 * r())) {
        const tall = h * (0.1 + 0.16 * r()) * (0.6 + t), half = tall * 0.17;
        const trunk = base + h * 0.05 * Math.sin(x / (w * 0.2) + i);
        out += `<polygon points="${x},${trunk - tall} ${x - half},${trunk + 4} ${x + half},${trunk + 4}" fill="${colour}"/>`;
      }
      out += `<rect y="${base}" width="${w}" height="${h}" fill="${colour}"/>`;
    } else {
      const [high, rough] = { hills: [0.13, 0.2], peaks: [0.3, 0.95], dunes: [0.16, 0.1] }[land as 'hills' | 'peaks' | 'dunes'] as [number, number];
      out += `<polygon points="${ridge(w, base, h * high * (1.15 - t * 0.6), rough, r)} ${w},${h} 0,${h}" fill="${colour}"/>`;
    }
    out += `<rect y="${base - h * 0.05}" width="${w}" height="${h * 0.16}" fill="url(#mist)" opacity="${0.34 * (1 - t)}"/>`;
  }
  return out;
}

function picture(scene: Scene, w: number, h: number): string {
  const r = numbers(scene.seed + 99);
  const [x, y] = [scene.at[0] * w, scene.at[1] * h];
  const size = Math.min(w, h) * (scene.land === 'planet' ? 0.05 : 0.075);
  const dark = parseInt(scene.sky[0].slice(1, 3), 16) < 70;
  const stars = dark ? Array.from({ length: 130 }, () => `<circle cx="${r() * w}" cy="${r() ** 1.5 * h * 0.6}" r="${0.5 + r() * 1.4 * (h / 1000)}" fill="#fff" opacity="${0.2 + 0.6 * r()}"/>`).join('') : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">
    <defs>
      <linearGradient id="sky" x2="0" y2="1"><stop stop-color="${scene.sky[0]}"/><stop offset=".42" stop-color="${scene.sky[1]}"/><stop offset=".72" stop-color="${scene.sky[2]}"/></linearGradient>
      <linearGradient id="water" x2="0" y2="1"><stop stop-color="${mix(scene.sky[2], scene.ground, 0.25)}"/><stop offset="1" stop-color="${scene.ground}"/></linearGradient>
      <linearGradient id="mist" x2="0" y2="1"><stop stop-color="${scene.sky[2]}" stop-opacity="0"/><stop offset=".5" stop-color="${scene.sky[2]}"/><stop offset="1" stop-color="${scene.sky[2]}" stop-opacity="0"/></linearGradient>
      <radialGradient id="glow"><stop stop-color="${scene.light}" stop-opacity=".75"/><stop offset=".35" stop-color="${scene.light}" stop-opacity=".2"/><stop offset="1" stop-color="${scene.light}" stop-opacity="0"/></radialGradient>
      <radialGradient id="edge" r=".78"><stop offset=".55" stop-opacity="0"/><stop offset="1" stop-opacity=".5"/></radialGradient>
      <filter id="soft"><feGaussianBlur stdDeviation="${h * 0.004}"/></filter>
      <filter id="grain"><feTurbulence type="fractalNoise" baseFrequency=".9" numOctaves="2" seed="${scene.seed}"/><feColorMatrix values="0 0 0 0 .5 0 0 0 0 .5 0 0 0 0 .5 0 0 0 .5 0"/></filter>
    </defs>
    <rect width="${w}" height="${h}" fill="url(#sky)"/>${stars}
    <circle cx="${x}" cy="${y}" r="${size * 6}" fill="url(#glow)"/><circle cx="${x}" cy="${y}" r="${size}" fill="${scene.light}"/>
    ${layers(scene, w, h)}
    <rect width="${w}" height="${h}" filter="url(#grain)" opacity=".16" style="mix-blend-mode:overlay"/><rect width="${w}" height="${h}" fill="url(#edge)"/>
  </svg>`;
}

const styles = {
  wide: 'font: 300 72px Inter; letter-spacing: .34em; text-transform: uppercase; line-height: 1.35;',
  heavy: 'font: 850 128px Inter; letter-spacing: -.055em; text-transform: uppercase; line-height: .86;',
  serif: "font: 400 104px 'DejaVu Serif'; letter-spacing: -.02em; line-height: 1.05;",
  hand: "font: italic 400 112px 'DejaVu Serif'; letter-spacing: -.03em; line-height: 1;",
};
const escaped = (text: string) => text.replace(/[&<]/g, (c) => (c === '&' ? '&amp;' : '&lt;'));
const inter = () => readFileSync(join(root, 'web/node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2')).toString('base64');

export interface Art {
  poster: Buffer;
  backdrop: Buffer;
  still: Buffer;
  logo: Buffer;
}

/** Draws one after the other on a page of its own. */
export async function artMaker(browser: Browser): Promise<{ draw: (name: string, scene: Scene) => Promise<Art>; done: () => Promise<void> }> {
  const page = await browser.newPage();
  const head = `<style>@font-face{font-family:Inter;font-weight:100 900;src:url(data:font/woff2;base64,${inter()})} *{margin:0} body{background:transparent} .n{position:absolute;color:#fff;text-shadow:0 2px 30px rgb(0 0 0/.4)}</style>`;
  const shot = async (w: number, h: number, body: string, clear = false): Promise<Buffer> => {
    await page.setViewportSize({ width: w, height: h });
    await page.setContent(head + body);
    await page.evaluate(() => document.fonts.ready);
    return clear ? await page.locator('.n').screenshot({ type: 'png', omitBackground: true }) : await page.screenshot({ type: 'jpeg', quality: 88 });
  };
  const draw = async (name: string, scene: Scene): Promise<Art> => {
    const letters = (extra: string) => `<div class="n" style="${styles[scene.letters]}${extra}">${escaped(name)}</div>`;
    const centred = scene.letters === 'wide' || scene.letters === 'serif';
    const low = `inset:auto 7% 7% 7%;${centred ? 'text-align:center;' : ''}zoom:${name.length > 14 ? 0.8 : 1}`;
    return {
      poster: await shot(800, 1200, picture(scene, 800, 1200) + `<div style="position:absolute;inset:45% 0 0;background:linear-gradient(transparent,rgb(0 0 0/.62))"></div>${letters(low)}`),
      backdrop: await shot(1920, 1080, picture(scene, 1920, 1080)),
      still: await shot(1280, 720, picture({ ...scene, at: [1 - scene.at[0], scene.at[1]] }, 1280, 720)),
      logo: await shot(1800, 900, letters(`width:max-content;max-width:900px;padding:24px 60px;text-shadow:none;zoom:${name.length < 11 ? 1.6 : 1.15}`), true),
    };
  };
  return { draw, done: () => page.close() };
}
