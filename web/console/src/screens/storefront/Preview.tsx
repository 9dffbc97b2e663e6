/* Preview.tsx - the page as somebody would see it: from a country, on a device, at a time, in a profile and a language. In the house's own look. */
import { Button, Select, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { LayoutTemplate } from 'lucide-react';
import { useMemo, useState, type CSSProperties } from 'react';
import { ApiError, type Hero, type Image, type Row, type StorefrontPreview } from '@shared/api/client';
import { usePreview, useTheme, type Layout } from '../../api/storefront';
import { countryOptions } from '../../lib/countries';
import { languageOptions } from '../../lib/languages';
import { localOf, momentOf } from '../../lib/moment';
import { languageNow, t } from '../../messages';
import { Panel } from '../../ui/Page';
import { Failure, State } from '../../ui/States';
import { lookStyle } from './lookStyle';
import css from './preview.module.css';

type Platform = 'web' | 'tv' | 'phone';
interface Who {
  country: string;
  platform: Platform;
  /** "": now */
  at: string;
  kids: boolean;
  lang: string;
}

const srcOf = (image: Image | null, width: number): string | undefined => image?.srcset.find((one) => one.width >= width)?.src ?? image?.src;

function Top({ hero }: { hero: Hero }) {
  return (
    <div className={css.hero} style={{ backgroundColor: hero.backdrop?.color }} data-testid="preview-hero">
      {hero.backdrop && <img src={srcOf(hero.backdrop, 640)} alt="" className={css.backdrop} />}
      <div className={css.heroText}>
        {hero.headline && <span className={css.headline} dir="auto">{hero.headline}</span>}
        <span className={css.heroName} dir="auto">{hero.title.name}</span>
        <span className={css.play}>{t('preview.play')}</span>
      </div>
    </div>
  );
}

function Line({ row }: { row: Row }) {
  return (
    <section className={css.row} data-testid="preview-row" aria-label={row.title}>
      <h3 className={css.rowName} dir="auto">{row.title}</h3>
      <ol className={css.cards} data-shape={row.shape}>
        {row.items.slice(0, 10).map((card, i) => {
          const image = row.shape === 'poster' ? card.poster : card.still;
          return (
            <li key={card.id} className={css.card} data-testid="preview-card">
              <span className={css.picture} style={{ backgroundColor: image?.color }}>{image && <img src={srcOf(image, 200)} alt="" loading="lazy" />}</span>
              <span className={css.cardName} dir="auto">{row.kind === 'top10' ? `${i + 1} · ${card.name}` : card.name}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function Controls({ who, onChange }: { who: Who; onChange: (who: Who) => void }) {
  const set = <K extends keyof Who>(key: K, value: Who[K]) => onChange({ ...who, [key]: value });
  return (
    <div className={css.controls}>
      <SegmentedControl className={css.platform} aria-label={t('preview.device')} value={who.platform} onChange={(one) => set('platform', one as Platform)} data={(['web', 'tv', 'phone'] as const).map((one) => ({ value: one, label: t(`platform.${one}`) }))} />
      <Select label={t('preview.country')} data={countryOptions()} value={who.country || null} placeholder={t('preview.no_country')} onChange={(code) => set('country', code ?? '')} searchable clearable allowDeselect clearButtonProps={{ 'aria-label': t('filter.clear') }} data-testid="preview-country" />
      <TextInput
        type="datetime-local" label={t('preview.at')} value={who.at} onChange={(event) => set('at', event.currentTarget.value)} data-testid="preview-at"
        rightSection={who.at ? <Button size="compact-xs" onClick={() => set('at', '')}>{t('preview.now')}</Button> : null} rightSectionWidth={72}
      />
      <Select label={t('preview.profile')} data={[{ value: 'adults', label: t('profiles.adults') }, { value: 'kids', label: t('profiles.kids') }]} value={who.kids ? 'kids' : 'adults'} onChange={(one) => set('kids', one === 'kids')} />
      <Select label={t('language.label')} data={languageOptions()} value={who.lang} searchable onChange={(lang) => { if (lang) set('lang', lang); }} />
    </div>
  );
}

export function Preview({ layout, clean }: { layout: Layout; clean: (layout: Layout) => Layout }) {
  const [who, setWho] = useState<Who>({ country: '', platform: 'web', at: '', kids: false, lang: languageNow() });
  const ask = useMemo((): StorefrontPreview => {
    const { rows, billboards } = clean(layout);
    const at = momentOf(who.at);
    return { rows, billboards, platform: who.platform, kids: who.kids, lang: who.lang, ...(who.country ? { country: who.country } : {}), ...(at ? { at } : {}) };
  }, [layout, clean, who]);
  const [late] = useDebouncedValue(ask, 350);
  const page = usePreview(late);
  const theme = useTheme();
  /* A row that is not filled yet is no failure: the page before stands. */
  const unfilled = page.error instanceof ApiError && page.error.code === 'storefront.invalid';
  const [last, setLast] = useState(page.data);
  if (page.data && page.data !== last) setLast(page.data);
  const shown = page.data ?? (unfilled ? last : undefined);
  const empty = shown && !shown.heroes.length && !shown.rows.length;
  return (
    <div className={css.side}>
      <Panel id="preview" title={t('front.preview')} lead={t('preview.lead')}>
        <Controls who={who} onChange={(next) => setWho({ ...next, at: localOf(momentOf(next.at)) || next.at })} />
        {unfilled && <p className={css.note} role="status">{t('preview.unfilled')}</p>}
        {page.isError && !unfilled && <Failure error={page.error} onRetry={() => void page.refetch()} />}
        {shown && (
          <div className={css.frame} data-platform={who.platform} data-busy={page.isPlaceholderData || undefined} style={theme.data ? (lookStyle(theme.data) as CSSProperties) : undefined} lang={who.lang} data-testid="preview" tabIndex={0} role="group" aria-label={t('front.preview')}>
            <div className={css.bar}>{theme.data?.logo ? <img src={theme.data.logo.src} alt={theme.data.name} className={css.logo} /> : <span className={css.brand}>{theme.data?.name}</span>}</div>
            {shown.heroes[0] && <Top hero={shown.heroes[0]} />}
            {shown.heroes.length > 1 && <p className={css.more}>{t('preview.more_heroes', { count: shown.heroes.length - 1 })}</p>}
            {shown.rows.map((row) => <Line key={row.id} row={row} />)}
            {empty && <State icon={LayoutTemplate} title={t('preview.empty')} text={t('preview.empty_text')} />}
          </div>
        )}
      </Panel>
    </div>
  );
}
