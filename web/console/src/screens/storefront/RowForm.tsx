/* RowForm.tsx - one row: its name in every language, what fills it, who sees it and when. */
import { NumberInput, Select, TextInput } from '@mantine/core';
import type { FieldError, StorefrontRule } from '@shared/api/client';
import type { Row } from '../../api/storefront';
import { useGenreThings } from '../../api/things';
import { languageOptions } from '../../lib/languages';
import { t } from '../../messages';
import { Names } from '../../ui/Names';
import type { Cards } from './Arrange';
import { Audience } from './Audience';
import { Picks } from './Picks';
import { isNamed, kindText, textNow } from './rows';
import css from './storefront.module.css';

interface Props {
  row: Row;
  cards: Cards;
  faults: FieldError[];
  onChange: (row: Row, step?: string) => void;
}

function Rule({ rule, onChange, fault }: { rule: StorefrontRule; onChange: (rule: StorefrontRule, step?: string) => void; fault: string | undefined }) {
  const genres = useGenreThings();
  const set = (key: keyof StorefrontRule, value: string | number | null, step?: string) => {
    const { [key]: _, ...rest } = rule;
    onChange(value === null || value === '' ? rest : { ...rest, [key]: value }, step);
  };
  const year = (key: 'year_from' | 'year_to', label: string) => (
    <NumberInput label={label} value={rule[key] ?? ''} min={1870} max={2200} clampBehavior="blur" allowDecimal={false} thousandSeparator="" hideControls onChange={(value) => set(key, typeof value === 'number' && value >= 1870 ? value : null, key)} />
  );
  return (
    <div className={css.grid}>
      {fault && <p role="alert" className={css.fault}>{fault}</p>}
      <Select label={t('front.genre')} data={(genres.data ?? []).map((one) => ({ value: one.id, label: textNow(Object.fromEntries(one.texts.map((text) => [text.lang, text.name]))) || one.slug }))} value={rule.genre ?? null} onChange={(genre) => set('genre', genre)} placeholder={t('front.any')} clearable allowDeselect searchable nothingFoundMessage={t('title.no_genres')} clearButtonProps={{ 'aria-label': t('filter.clear') }} data-testid="rule-genre" />
      <Select label={t('titles.kind')} data={(['film', 'series', 'episode'] as const).map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))} value={rule.kind ?? null} onChange={(kind) => set('kind', kind)} placeholder={t('front.films_series')} clearable allowDeselect clearButtonProps={{ 'aria-label': t('filter.clear') }} />
      <TextInput label={t('front.tag')} value={rule.tag ?? ''} maxLength={100} onChange={(event) => set('tag', event.currentTarget.value, 'tag')} />
      <Select label={t('front.spoken')} data={languageOptions()} value={rule.lang ?? null} onChange={(lang) => set('lang', lang)} placeholder={t('front.any')} clearable allowDeselect searchable clearButtonProps={{ 'aria-label': t('filter.clear') }} />
      {year('year_from', t('front.year_from'))}
      {year('year_to', t('front.year_to'))}
    </div>
  );
}

export function RowForm({ row, cards, faults, onChange }: Props) {
  const fault = (field: string): string | undefined => faults.find((one) => one.field === field)?.detail;
  return (
    <div className={css.form}>
      <Names
        label={isNamed(row.kind) ? t('front.name') : t('front.other_name')} value={row.titles ?? {}} placeholder={isNamed(row.kind) ? undefined : kindText(row.kind)} error={fault('titles')} testid="row-name"
        onChange={(titles, lang) => onChange({ ...row, titles }, `titles.${lang}`)}
      />
      {row.kind === 'curated' && <Picks ids={row.items ?? []} cards={cards} fault={fault('items')} onChange={(items) => onChange({ ...row, items })} />}
      {row.kind === 'rule' && <Rule rule={row.rule ?? {}} fault={fault('rule')} onChange={(rule, step) => onChange({ ...row, rule }, step && `rule.${step}`)} />}
      {row.kind !== 'service' && (
        <Select
          label={t('front.shape')} value={row.shape ?? 'auto'} data={[{ value: 'auto', label: t('front.shape_auto') }, { value: 'poster', label: t('artwork.poster') }, { value: 'still', label: t('front.shape_still') }]}
          onChange={(shape) => onChange({ ...row, shape: shape === 'poster' || shape === 'still' ? shape : undefined })} className={css.short}
        />
      )}
      <Audience value={row} fault={fault} onChange={(part, step) => onChange({ ...row, ...part }, step)} />
    </div>
  );
}
