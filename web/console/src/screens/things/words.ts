/* words.ts - what a thing is called, where it is found, and what it lacks. Nothing is drawn in here. */
import type { Thing, ThingDoc, ThingKind } from '../../api/things';
import { languageNow, t } from '../../messages';

/** In the language in force, else in whatever there is. */
const textNow = (texts: Record<string, string>): string => texts[languageNow()] || texts.en || Object.values(texts).find(Boolean) || '';

export const docName = (doc: ThingDoc): string => doc.name || textNow(doc.names) || doc.slug;
export const thingName = (thing: Thing): string => docName(thing.doc);
export const pathOf = (kind: ThingKind, id = ''): string => `/catalogue/${kind}${id && `/${id}`}`;

/** Named once, with other languages beside it; the rest has its name in languages only. */
export const hasName = (kind: ThingKind): boolean => kind !== 'genres' && kind !== 'collections';

const pages: Partial<Record<ThingKind, string>> = { people: 'person', genres: 'genre', collections: 'collection' };
/** The viewers' page of it. */
export const viewerPath = (kind: ThingKind, doc: ThingDoc): string | null => (pages[kind] && (kind !== 'collections' || doc.published) ? `/${pages[kind]}/${doc.slug}` : null);

export const nameFault = (kind: ThingKind, doc: ThingDoc): string | undefined =>
  (hasName(kind) ? doc.name.trim() : Object.values(doc.names).some((name) => name.trim())) ? undefined : t('things.name_needed');
export const optionsFault = (kind: ThingKind, doc: ThingDoc): string | undefined => (kind === 'fields' && doc.type === 'choice' && !doc.options.length ? t('things.options_needed') : undefined);
