/* prefs.ts - what a person chose in this browser, kept in it: nothing of it is about anybody else. */
type Kind = 'language' | 'scheme' | 'filters' | 'rail' | 'zone';

const name = (kind: Kind) => `matinee.console.${kind}`;

export function remembered(kind: Kind): string {
  try {
    return localStorage.getItem(name(kind)) ?? '';
  } catch {
    return ''; /* a browser that keeps nothing */
  }
}

export function remember(kind: Kind, value: string): void {
  try {
    if (value) localStorage.setItem(name(kind), value);
    else localStorage.removeItem(name(kind));
  } catch {
    /* it lasts as long as the page, then */
  }
}
