/* Details.tsx - what a title is called and about, in each language, and the facts that are the same in all. */
import { NumberInput, Select, Tabs, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Autosave, Fields } from '../../lib/autosave';
import { languageName, t } from '../../messages';
import { Panel } from '../../ui/Page';
import css from './title.module.css';

type Doc = Autosave<Fields>;
const text = (doc: Doc, key: string): string => String(doc.draft[key] ?? '');
const more = ['ar', 'bg', 'cs', 'da', 'de', 'el', 'en', 'es', 'fi', 'fr', 'he', 'hi', 'hu', 'id', 'it', 'ja', 'ko', 'nl', 'no', 'pl', 'pt', 'ro', 'ru', 'sv', 'th', 'tr', 'uk', 'vi', 'zh'];
const ages = [0, 6, 7, 9, 10, 12, 13, 14, 15, 16, 17, 18];

function Words({ doc, lang }: { doc: Doc; lang: string }) {
  const suffix = lang ? `.${lang}` : '';
  const [name, synopsis] = [`name${suffix}`, `synopsis${suffix}`];
  return (
    <div className={css.form}>
      <TextInput
        label={t('title.name')} value={text(doc, name)} onChange={(event) => doc.edit(name, event.currentTarget.value)} maxLength={300} dir="auto" lang={lang || undefined}
        placeholder={lang ? text(doc, 'name') : undefined} error={!lang && !text(doc, name).trim() ? t('title.name_needed') : undefined} data-testid={`name${suffix}`}
      />
      <Textarea
        label={t('title.synopsis')} value={text(doc, synopsis)} onChange={(event) => doc.edit(synopsis, event.currentTarget.value)} maxLength={5000} autosize minRows={4} maxRows={14} dir="auto" lang={lang || undefined}
        placeholder={lang ? text(doc, 'synopsis') : t('title.synopsis_hint')} data-testid={`synopsis${suffix}`}
      />
    </div>
  );
}

export function Details({ doc, langs, onLang }: { doc: Doc; langs: readonly string[]; onLang: (lang: string) => void }) {
  const [tab, setTab] = useState('own');
  const left = more.filter((tag) => !langs.includes(tag)).map((tag) => ({ value: tag, label: languageName(tag) })).sort((a, b) => a.label.localeCompare(b.label));
  const age = Number(doc.draft.maturity);
  return (
    <>
      <Panel id="words" title={t('title.words')} lead={t('title.words_lead')} actions={<Select className={css.addLang} size="xs" aria-label={t('title.add_language')} placeholder={t('title.add_language')} data={left} value={null} searchable onChange={(lang) => { if (lang) { onLang(lang); setTab(lang); } }} />}>
        <Tabs value={tab} onChange={(value) => setTab(value ?? 'own')} keepMounted={false}>
          <Tabs.List>
            <Tabs.Tab value="own">{t('title.own_language')}</Tabs.Tab>
            {langs.map((lang) => (
              <Tabs.Tab key={lang} value={lang} rightSection={text(doc, `name.${lang}`) ? <span className={css.dot} role="img" aria-label={t('title.written')} /> : null}>{languageName(lang)}</Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="own" pt="md"><Words doc={doc} lang="" /></Tabs.Panel>
          {langs.map((lang) => <Tabs.Panel key={lang} value={lang} pt="md"><Words doc={doc} lang={lang} /></Tabs.Panel>)}
        </Tabs>
      </Panel>
      <Panel id="facts" title={t('title.facts')}>
        <div className={css.facts}>
          <NumberInput label={t('titles.year')} value={(doc.draft.year as number | null) ?? ''} min={1880} max={2200} clampBehavior="blur" allowDecimal={false} thousandSeparator="" hideControls onChange={(value) => doc.edit('year', typeof value === 'number' && value >= 1880 ? value : null)} data-testid="year" />
          <Select
            label={t('title.maturity')} description={t('title.maturity_lead')} value={String(age)} onChange={(value) => doc.edit('maturity', Number(value))}
            data={[...new Set([...ages, age])].sort((a, b) => a - b).map((years) => ({ value: String(years), label: years ? t('title.from_age', { count: years }) : t('title.all_ages') }))} data-testid="maturity"
          />
        </div>
      </Panel>
    </>
  );
}
