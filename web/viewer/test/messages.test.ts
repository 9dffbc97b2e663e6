import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { format, languageOf, languages, t, type Catalogue, type Key } from '../src/messages';
import { en } from '../src/messages/en';

const src = fileURLToPath(new URL('../src', import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name) && !name.startsWith('messages'));
const source = files.map((name) => readFileSync(`${src}/${name}`, 'utf8')).join('\n');
const keys = Object.keys(en) as Key[];

test('every text is used', () => {
  /* play_error.* is put together from the kind of an error. */
  const unused = keys.filter((key) => !key.startsWith('play_error.') && !source.includes(`'${key}'`));
  expect(unused).toEqual([]);
});

test('a plural has its general form and says the count', () => {
  for (const key of keys) {
    const text: unknown = en[key];
    if (typeof text === 'string') continue;
    expect(Object.keys(text as object), key).toContain('other');
    expect((text as { other: string }).other, key).toContain('{count}');
  }
});

test('no text is typed into a screen', () => {
  /* Words between tags, or in an attribute that is read aloud. */
  const found = files
    .filter((name) => name.endsWith('.tsx'))
    .flatMap((name) => [...readFileSync(`${src}/${name}`, 'utf8').matchAll(/>\s*([A-Z][a-z]+[^<>{}=;]*)<\/|(?:aria-label|title|placeholder|alt)="([^"]+)"/g)].map((m) => `${name}: ${m[1] ?? m[2]}`));
  expect(found).toEqual([]);
});

test('placeholders are filled, plural forms follow the language', () => {
  expect(t('search.found', { count: 1 })).toBe('1 title');
  expect(t('search.found', { count: 12 })).toBe('12 titles');
  expect(t('action.resume', { time: '0:42' })).toBe('Resume 0:42');
  const polish = { one: '{count} film', few: '{count} filmy', many: '{count} filmów', other: '{count} filmu' };
  const rules = new Intl.PluralRules('pl');
  expect([1, 3, 5].map((count) => format(polish, { count }, rules))).toEqual(['1 film', '3 filmy', '5 filmów']);
});

const holes = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]))].sort();

for (const { tag, name } of languages.filter((one) => one.tag !== 'en'))
  test(`${name} says what English says, with the same placeholders and every plural form of the language`, async () => {
    const said = ((await import(`../src/messages/${tag}.ts`)) as { default: Catalogue }).default;
    /* "many" is for millions in the Romance languages: the general form does for it. */
    const forms = new Intl.PluralRules(tag).resolvedOptions().pluralCategories.filter((form) => form !== 'many' || ['ar', 'pl'].includes(tag));
    expect(Object.keys(said).sort()).toEqual([...keys].sort()); // no key that is none: the compiler sees only what is missing
    for (const key of keys) {
      const [mine, english] = [said[key], en[key] as string | { other: string }];
      if (typeof mine === 'string' || typeof english === 'string') {
        expect(holes(mine as string), key).toEqual(holes(english as string));
        continue;
      }
      expect(Object.keys(mine).sort(), key).toEqual(forms.sort());
      expect(holes(mine.other), key).toEqual(holes(english.other));
      for (const form of Object.values(mine)) expect(holes(english.other), `${key}: ${form}`).toEqual(expect.arrayContaining(holes(form)));
    }
    expect(JSON.stringify(said), 'a text that begins or ends with a blank').not.toMatch(/": ?"\s|\s"[,}]/);
  });

test('a browser gets its language whatever the region, and nobody another one', () => {
  expect(['de-AT', 'pt-PT', 'PT-br', 'iw', 'zh-Hant', 'ja', 'en-GB', ''].map(languageOf)).toEqual(['de', 'pt-BR', 'pt-BR', 'he', undefined, 'ja', 'en', undefined]);
});
