/*
 * colour.ts - whether a look can be read: the same pairs and bounds that the server refuses by (src/service/storefront/theme.c),
 * said while somebody chooses.
 */
export type Rgb = [number, number, number];

export function colourParse(text: string): Rgb | null {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text.trim());
  return match ? [parseInt(match[1]!, 16), parseInt(match[2]!, 16), parseInt(match[3]!, 16)] : null;
}

export const colourText = (rgb: Rgb): string => `#${rgb.map((c) => c.toString(16).padStart(2, '0')).join('')}`;

/** a with a share of b in it. */
export const colourMix = (a: Rgb, b: Rgb, share: number): Rgb => a.map((c, i) => Math.round(c + (b[i]! - c) * share)) as Rgb;

const linear = (c: number): number => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
export const luminance = ([r, g, b]: Rgb): number => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);

/** WCAG 2.2, contrast ratio: 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

export const inkOn = (accent: Rgb): Rgb => (contrast(accent, [0, 0, 0]) >= contrast(accent, [255, 255, 255]) ? [0, 0, 0] : [255, 255, 255]);

/** How much of the text's colour is in each surface. */
export const surfaces = [0.04, 0.08, 0.13] as const;
const SET_BACK = 0.56;

export interface Check {
  what: 'text' | 'back' | 'accent';
  ratio: number;
  needed: number;
  good: boolean;
}
export interface Reading {
  checks: Check[];
  /** Films are watched in the dark. */
  dark: boolean;
  good: boolean;
}

export function lookCheck(ground: Rgb, text: Rgb, accent: Rgb): Reading {
  const high = colourMix(ground, text, surfaces[1]);
  const pair = (what: Check['what'], a: Rgb, b: Rgb, needed: number): Check => ({ what, ratio: contrast(a, b), needed, good: contrast(a, b) >= needed });
  const checks = [pair('text', text, ground, 7), pair('back', colourMix(high, text, SET_BACK), high, 4.5), pair('accent', accent, high, 4.5)];
  const dark = luminance(ground) <= 0.18;
  return { checks, dark, good: dark && checks.every((one) => one.good) };
}
