import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { format, t, type Key } from '../src/messages';
import de from '../src/messages/de';
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

test('German says what English says, with the same placeholders; English stands in for one in twenty at most', () => {
  const holes = (text: unknown) => [...new Set([...JSON.stringify(text).matchAll(/\{(\w+)\}/g)].map((m) => m[1]))].sort();
  const said = Object.keys(de) as (keyof typeof de)[];
  expect(said.filter((key) => !(key in en))).toEqual([]);
  for (const key of said) expect(holes(de[key]), key).toEqual(holes(en[key]));
  for (const key of said) if (typeof en[key] !== 'string') expect(de[key], key).toHaveProperty('other');
  expect(keys.filter((key) => !(key in de)).length).toBeLessThan(keys.length / 20);
});
