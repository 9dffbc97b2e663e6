/* credits.ts - who made a title and plays in it, in the order of the credits. */
import type { EditorCredit } from '@shared/api/client';

export type Job = EditorCredit['job'];
export const jobs: Job[] = ['actor', 'director', 'writer', 'producer', 'composer', 'cinematographer', 'editor', 'narrator', 'presenter', 'guest', 'creator', 'crew'];
/** Who is seen or heard has somebody to be. */
export const hasCharacter = (job: Job): boolean => ['actor', 'narrator', 'presenter', 'guest'].includes(job);

/** A key that stays while a row is typed into, and when the server has given a new person an address. */
export function creditKeys(list: readonly EditorCredit[]): string[] {
  const seen = new Map<string, number>();
  return list.map((one) => {
    const base = `${one.name ?? one.person ?? ''}/${one.job}`;
    const n = seen.get(base) ?? 0;
    seen.set(base, n + 1);
    return n ? `${base}/${n}` : base;
  });
}

/** Behind the others; the job is the last one's where that person has not got it yet, else the next that he has not. */
export function creditAdd(list: readonly EditorCredit[], who: { person?: string; name: string }): EditorCredit[] {
  const has = (job: Job): boolean => list.some((one) => one.job === job && (who.person ? one.person === who.person : one.name === who.name));
  const last = list.at(-1)?.job ?? 'actor';
  const job = [last, ...jobs].find((one) => !has(one)) ?? 'crew';
  return [...list, { ...who, job, character: '' }];
}

/** Of a title's document. */
export const creditsOf = (doc: { draft: Record<string, unknown> }): EditorCredit[] => (doc.draft.people as EditorCredit[] | undefined) ?? [];
