/* Names.tsx - one short text in every language that somebody wants it in; the viewers' best fit is shown to them. */
import { ActionIcon, Select, TextInput } from '@mantine/core';
import { X } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { languageOptions } from '../lib/languages';
import { languageName, languageNow, t } from '../messages';
import css from './names.module.css';

export type Texts = Record<string, string>;

interface Props {
  label: string;
  value: Texts;
  onChange: (value: Texts, lang: string) => void;
  maxLength?: number;
  placeholder?: string;
  error?: string | undefined;
  testid?: string;
  /** What else is said in that language, below the name. */
  below?: (lang: string) => ReactNode;
}

/** Without the languages that nothing is written in. */
export const textsTrim = (texts: Texts): Texts => Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim()));

export function Names({ label, value, onChange, maxLength = 80, placeholder, error, testid, below }: Props) {
  const [added, setAdded] = useState<string[]>([]);
  const langs = [...new Set([...Object.keys(value), languageNow(), ...added])];
  const write = (lang: string, text: string) => onChange({ ...value, [lang]: text }, lang);
  const drop = (lang: string) => {
    setAdded(added.filter((one) => one !== lang));
    onChange(Object.fromEntries(Object.entries(value).filter(([one]) => one !== lang)), lang);
  };
  return (
    <fieldset className={css.names}>
      <legend className={css.legend}>{label}</legend>
      {langs.map((lang, i) => (
        <div key={lang} className={css.one}>
          <div className={css.row}>
            <TextInput
              className={css.field} value={value[lang] ?? ''} lang={lang} dir="auto" maxLength={maxLength} placeholder={placeholder} aria-label={t('names.in', { label, language: languageName(lang) })}
              leftSection={<span className={css.lang}>{lang}</span>} leftSectionWidth={46} onChange={(event) => write(lang, event.currentTarget.value)} error={i === 0 ? error : undefined} data-testid={testid ? `${testid}.${lang}` : undefined}
            />
            {langs.length > 1 && <ActionIcon variant="subtle" color="gray" aria-label={t('names.drop', { language: languageName(lang) })} onClick={() => drop(lang)}><X size={15} aria-hidden /></ActionIcon>}
          </div>
          {below?.(lang)}
        </div>
      ))}
      <Select className={css.add} size="xs" aria-label={t('title.add_language')} placeholder={t('title.add_language')} data={languageOptions(langs)} value={null} searchable onChange={(lang) => { if (lang) setAdded([...added, lang]); }} />
    </fieldset>
  );
}
