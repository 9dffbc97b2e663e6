/* Details.tsx - what a title is called and about, in each language, and the facts that are the same in all. */
import { MultiSelect, NumberInput, Select, Tabs, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { EditorTitle, Title } from '@shared/api/client';
import { useGenres } from '../../api/titles';
import type { Autosave, Fields } from '../../lib/autosave';
import { languageName, languageNow, t } from '../../messages';
import { Panel } from '../../ui/Page';
import { Collections, Studios } from './Belongs';
import css from './title.module.css';

type Doc = Autosave<Fields>;
const text = (doc: Doc, key: string): string => String(doc.draft[key] ?? '');
const more = ['ar', 'bg', 'cs', 'da', 'de', 'el', 'en', 'es', 'fi', 'fr', 'he', 'hi', 'hu', 'id', 'it', 'ja', 'ko', 'nl', 'no', 'pl', 'pt', 'ro', 'ru', 'sv', 'th', 'tr', 'uk', 'vi', 'zh'];
const ages = [0, 6, 7, 9, 10, 12, 13, 14, 15, 16, 17, 18];

function Words({ doc, lang, own }: { doc: Doc; lang: string; own: string }) {
  const field = (name: string) => `${name}.${lang}`;
  const shared = (name: string) => ({ value: text(doc, field(name)), dir: 'auto' as const, lang, placeholder: lang === own ? undefined : text(doc, `${name}.${own}`), 'data-testid': field(name) });
  const needed = lang === own && !text(doc, field('name')).trim();
  return (
    <div className={css.form}>
      <TextInput {...shared('name')} label={t('title.name')} onChange={(event) => doc.edit(field('name'), event.currentTarget.value)} maxLength={300} error={needed ? t('title.name_needed') : undefined} />
      <TextInput {...shared('tagline')} label={t('title.tagline')} onChange={(event) => doc.edit(field('tagline'), event.currentTarget.value)} maxLength={300} />
      <Textarea {...shared('synopsis')} label={t('title.synopsis')} onChange={(event) => doc.edit(field('synopsis'), event.currentTarget.value)} maxLength={5000} autosize minRows={4} maxRows={14} placeholder={lang === own ? t('title.synopsis_hint') : text(doc, `synopsis.${own}`)} />
    </div>
  );
}

function Facts({ doc, whole, film }: { doc: Doc; whole: EditorTitle; film: Title | undefined }) {
  const { kind } = whole;
  const genres = useGenres();
  const age = doc.draft.maturity as number | null;
  const chosen = (doc.draft.genres as string[] | undefined) ?? [];
  const names = new Map((genres.data?.items ?? []).map((one) => [one.slug, one.name]));
  return (
    <Panel id="facts" title={t('title.facts')}>
      <div className={css.facts}>
        <NumberInput label={t('titles.year')} value={(doc.draft.year as number | null) ?? ''} min={1880} max={2200} clampBehavior="blur" allowDecimal={false} thousandSeparator="" hideControls onChange={(value) => doc.edit('year', typeof value === 'number' && value >= 1880 ? value : null)} data-testid="year" />
        <TextInput type="date" label={t('title.released')} value={String(doc.draft.released_on ?? '')} onChange={(event) => doc.edit('released_on', event.currentTarget.value || null)} />
        <Select
          label={t('title.maturity')} value={age === null ? 'auto' : String(age)} onChange={(value) => doc.edit('maturity', value === 'auto' ? null : Number(value))} data-testid="maturity"
          data={[{ value: 'auto', label: t('title.by_ratings') }, ...[...new Set([...ages, ...(age === null ? [] : [age])])].sort((a, b) => a - b).map((years) => ({ value: String(years), label: years ? t('title.from_age', { count: years }) : t('title.all_ages') }))]}
        />
        {(kind === 'season' || kind === 'episode') && <NumberInput label={t('title.number')} value={Number(doc.draft.number)} min={0} max={100_000} allowDecimal={false} onChange={(value) => doc.edit('number', typeof value === 'number' ? value : 0)} />}
        <MultiSelect label={t('title.genres')} data={[...new Set([...names.keys(), ...chosen])].map((slug) => ({ value: slug, label: names.get(slug) ?? slug }))} value={chosen} onChange={(list) => doc.edit('genres', list)} searchable hidePickedOptions nothingFoundMessage={t('title.no_genres')} />
        <TagsInput label={t('title.tags')} value={(doc.draft.tags as string[] | undefined) ?? []} onChange={(list) => doc.edit('tags', list)} maxTags={50} />
        <Studios doc={doc} film={film} />
        <Collections whole={whole} />
        <TagsInput label={t('title.aliases')} description={t('title.aliases_hint')} value={(doc.draft.aliases as string[] | undefined) ?? []} onChange={(list) => doc.edit('aliases', list)} maxTags={100} splitChars={[]} acceptValueOnBlur maxLength={200} />
      </div>
    </Panel>
  );
}

export function Details({ doc, whole, film }: { doc: Doc; whole: EditorTitle; film: Title | undefined }) {
  const own = whole.lang;
  const [tab, setTab] = useState(own);
  const [added, setAdded] = useState(() => [languageNow(), 'en', 'de']);
  const written = Object.keys(doc.draft).filter((key) => key.startsWith('name.')).map((key) => key.slice(5));
  const others = [...new Set([...written, ...added])].filter((lang) => lang !== own).sort((a, b) => languageName(a).localeCompare(languageName(b)));
  const left = more.filter((tag) => tag !== own && !others.includes(tag)).map((tag) => ({ value: tag, label: languageName(tag) })).sort((a, b) => a.label.localeCompare(b.label));
  const add = <Select className={css.addLang} size="xs" aria-label={t('title.add_language')} placeholder={t('title.add_language')} data={left} value={null} searchable onChange={(lang) => { if (lang) { setAdded([...added, lang]); setTab(lang); } }} />;
  return (
    <>
      <Panel id="words" title={t('title.words')} lead={t('title.words_lead')} actions={add}>
        <Tabs value={tab} onChange={(value) => setTab(value ?? own)} keepMounted={false}>
          <Tabs.List>
            {[own, ...others].map((lang) => (
              <Tabs.Tab key={lang} value={lang} rightSection={text(doc, `name.${lang}`) ? <span className={css.dot} role="img" aria-label={t('title.written')} /> : null}>{languageName(lang)}</Tabs.Tab>
            ))}
          </Tabs.List>
          {[own, ...others].map((lang) => <Tabs.Panel key={lang} value={lang} pt="md"><Words doc={doc} lang={lang} own={own} /></Tabs.Panel>)}
        </Tabs>
      </Panel>
      <Facts doc={doc} whole={whole} film={film} />
    </>
  );
}
