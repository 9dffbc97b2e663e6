/* slug.ts - a name as it can stand in an address: the server's own rule, for what the caller names. */
export function slugOf(name: string, none = 'plan'): string {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/ß/g, 'ss');
  return plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60).replace(/-+$/, '') || none;
}
