/* many.ts - the same change to many things, a few at a time; each says how it is taken back, so that all of it can be. */
export type Back = () => Promise<unknown>;

export interface Many {
  backs: Back[];
  failed: unknown[];
}

const AT_ONCE = 3;

/** `act` gives the way back, or null where there was nothing to change. One that fails stops no other. */
export async function doMany<T>(list: readonly T[], act: (one: T) => Promise<Back | null>, progress: (done: number) => void = () => undefined): Promise<Many> {
  const queue = [...list];
  const found: Many = { backs: [], failed: [] };
  let done = 0;
  const work = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      try {
        const back = await act(one);
        if (back) found.backs.push(back);
      } catch (error) {
        found.failed.push(error);
      }
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

/** Some of a list's words put in, taken out, or all there are. */
export type ListChange = { how: 'add' | 'remove' | 'replace'; words: readonly string[] };

export function listChanged(list: readonly string[], { how, words }: ListChange): string[] {
  if (how === 'replace') return [...words];
  if (how === 'remove') return list.filter((one) => !words.includes(one));
  return [...list, ...words.filter((one) => !list.includes(one))];
}
