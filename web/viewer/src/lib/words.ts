/* words.ts - how much room a name needs. */

/** A name that would fill the screen at the size for short ones: many characters, or one very long word. For data-long. */
export function isLong(name: string): true | undefined {
  return name.length > 32 || name.split(/\s+/).some((word) => word.length > 18) || undefined;
}

/** Letters of the longest word, 1 at least. */
export function longestWord(name: string): number {
  return Math.max(1, ...name.split(/[\s-]+/).map((word) => [...word].length));
}
