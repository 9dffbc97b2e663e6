/* languages.ts - the languages that words are offered in, beside those that are there already. */
import { languageName } from '../messages';

const offered = ['ar', 'bg', 'cs', 'da', 'de', 'el', 'en', 'es', 'fi', 'fr', 'he', 'hi', 'hu', 'id', 'it', 'ja', 'ko', 'nl', 'no', 'pl', 'pt', 'ro', 'ru', 'sv', 'th', 'tr', 'uk', 'vi', 'zh'];

export const languageOptions = (without: readonly string[] = []): { value: string; label: string }[] =>
  offered.filter((tag) => !without.includes(tag)).map((tag) => ({ value: tag, label: languageName(tag) })).sort((a, b) => a.label.localeCompare(b.label));
