/* rank.ts - how well a name fits what was typed: 0 not at all. Accents and case don't matter. */
const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();

export function rankOf(name: string, typed: string): number {
  const q = fold(typed.trim());
  const n = fold(name);
  if (!q) return 1;
  if (n.startsWith(q)) return 4;
  if (n.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(q))) return 3;
  if (n.includes(q)) return 2;
  let at = 0; /* its letters in their order: "pbtl" finds "Publish title" */
  for (const letter of n) if (letter === q[at]) at++;
  return at === q.length && q.length > 2 ? 1 : 0;
}
