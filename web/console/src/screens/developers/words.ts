/* words.ts - scopes, events and outcomes in the person's language; what these words do not know is said as the server says it. */
import { languageNow, t, type PlainKey } from '../../messages';
import { en } from '../../messages/en';
import { serverDe } from '../../messages/server.de';

/** What a scope opens, what an event means. */
export const nameText = (name: string, doc: string): string => (languageNow() === 'de' ? (serverDe[name] ?? doc) : doc);
const known = (key: string): key is PlainKey => key in en;
export const errorText = (error: string): string => (known(`dev.error.${error}`) ? t(`dev.error.${error}` as PlainKey) : error);
