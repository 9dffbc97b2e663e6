import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { wordsFill } from '@shared/words';
import de from '../src/messages/de';
import { en } from '../src/messages/en';

const src = fileURLToPath(new URL('../src', import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name) && !/^messages\/(\w+\.)?(en|de)\.ts$/.test(name));
const source = files.map((name) => readFileSync(`${src}/${name}`, 'utf8')).join('\n');
const keys = Object.keys(en) as (keyof typeof en)[];
/* Put together from a name that the server gives. */
const composed = (key: string) => [...source.matchAll(/t\(`([a-z_.]+)\$\{/g)].some((m) => key.startsWith(m[1]!));

test('every text is used', () => {
  expect(keys.filter((key) => !composed(key) && !source.includes(`'${key}'`))).toEqual([]);
});

test('German says what English says, with the same placeholders, and lacks nothing', () => {
  const holes = (text: unknown) => [...new Set([...JSON.stringify(text).matchAll(/\{(\w+)\}/g)].map((m) => m[1]))].sort();
  expect(Object.keys(de).filter((key) => !(key in en))).toEqual([]);
  expect(keys.filter((key) => !(key in de))).toEqual([]);
  for (const key of keys) expect(holes(de[key]), key).toEqual(holes(en[key]));
});

test('no text is typed into a screen', () => {
  const found = files
    .filter((name) => name.endsWith('.tsx'))
    .flatMap((name) => [...readFileSync(`${src}/${name}`, 'utf8').matchAll(/>\s*([A-Z][a-z]+[^<>{}=;]*)<\/|(?:aria-label|title|placeholder|alt|label)="([^"]+)"/g)].map((m) => `${name}: ${m[1] ?? m[2]}`));
  expect(found).toEqual(['app/Shell.tsx: Matinee']); /* the name of the house */
});

test('a plural follows its language', () => {
  const text = { one: '{count} film', few: '{count} filmy', other: '{count} filmów' };
  expect([1, 3, 5].map((count) => wordsFill(text, { count }, new Intl.PluralRules('pl')))).toEqual(['1 film', '3 filmy', '5 filmów']);
});
