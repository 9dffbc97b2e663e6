/*
 * theme.ts - the house's own look. Its style sheet (/api/v1/storefront/theme.css) is a link in the page's head: a browser
 * draws nothing and runs no script before it has come, so that nobody sees another look first. It also brings the name and
 * the logo, as properties. Without a connection the look is the one that was seen last.
 */
import { remember, remembered } from './store';

const own = { name: 'Matinee', logo: '' };
let now = own;

/** A string or url() of a style sheet as what it stands for. */
export function cssValue(text: string): string {
  const inside = /^\s*(?:url\()?\s*"((?:\\.|[^"\\])*)"\s*\)?\s*$/.exec(text)?.[1] ?? /^\s*url\(([^)"]*)\)\s*$/.exec(text)?.[1] ?? '';
  return inside.replace(/\\(.)/gs, '$1');
}

function sheetText(): string | null {
  try {
    const sheet = document.querySelector<HTMLLinkElement>('link[data-theme]')?.sheet;
    return sheet ? (sheet.cssRules[0]?.cssText ?? '') : null;
  } catch {
    return null; /* it did not come */
  }
}

function lastSeen(): void {
  const text = remembered('theme');
  if (!text || !('replaceSync' in CSSStyleSheet.prototype)) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [sheet];
}

/** Once, before anything is drawn. */
export function themeBegin(): void {
  const text = sheetText();
  if (text === null) lastSeen();
  else if (text !== (remembered('theme') ?? '')) remember('theme', text);
  const style = getComputedStyle(document.documentElement);
  const value = (name: string) => style.getPropertyValue(name).trim();
  now = { name: cssValue(value('--brand-name')) || own.name, logo: cssValue(value('--brand-logo')) };
  if (now.name !== own.name) document.title = now.name;
  if (now.name !== own.name || now.logo) void import('./themeIcon').then(({ themeIcon }) => themeIcon()).catch(() => {}); /* then it has ours */
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', value('--ground') || '#0b0c10');
}

export const brandName = (): string => now.name;
/** Where the logo is; empty: the name is set in letters. */
export const brandLogo = (): string => now.logo;
