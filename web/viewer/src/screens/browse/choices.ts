/* choices.ts - what a list may be narrowed to: the decades of cinema, the languages most films are spoken in. */
const FIRST_DECADE = 1920;
const widelySpoken = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl', 'tr', 'ar', 'he', 'ja', 'ko', 'zh', 'hi', 'ru', 'sv', 'da'];

/** The youngest first. */
export function decades(now = new Date()): number[] {
  const last = Math.floor(now.getUTCFullYear() / 10) * 10;
  return Array.from({ length: (last - FIRST_DECADE) / 10 + 1 }, (_, i) => last - 10 * i);
}

/** With the one that was chosen by an address, whichever it is. */
export const spoken = (chosen: string): string[] => (chosen && !widelySpoken.includes(chosen) ? [chosen, ...widelySpoken] : widelySpoken);
