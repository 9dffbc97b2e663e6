/* SearchScreen.tsx - as one types: titles, people and genres, in any language, slips forgiven. What is looked for lives in the address, so Back works. */
import { Search, SearchX, UserRound, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { SearchResult } from '@shared/api/client';
import { useGenres, useSearch, useTitles, type Facet } from '../../api/queries';
import { useDebounced, usePageTitle } from '../../lib/hooks';
import { useEnd } from '../../lib/useEnd';
import { languageName, t } from '../../messages';
import { Card } from '../../ui/Card';
import { Choice } from '../../ui/Choice';
import { Loading, Skeleton } from '../../ui/Skeleton';
import { FailedState, StateScreen } from '../../ui/StateScreen';
import css from './search.module.css';

type Place = { slug: string; name: string };

function Chips({ label, items, to, people }: { label: string; items: readonly Place[]; to: (slug: string) => string; people?: boolean }) {
  if (!items.length) return null;
  return (
    <nav className={css.chips} aria-label={label}>
      {items.map(({ slug, name }) => (
        <Link key={slug} to={to(slug)} dir="auto" viewTransition>
          {people && <UserRound aria-hidden />}
          {name}
        </Link>
      ))}
    </nav>
  );
}

const kindText = { film: 'browse.kind_film', series: 'browse.kind_series' } as const;
const facetsOf = ({ facets }: SearchResult) => ({
  kind: facets.kinds.filter((one) => one.value in kindText).map(({ value }) => ({ value, label: t(kindText[value as keyof typeof kindText]) })),
  genre: facets.genres.flatMap(({ value, name }) => (name ? [{ value, label: name }] : [])),
  lang: facets.languages.map(({ value }) => ({ value, label: languageName(value) })),
  decade: facets.decades.map(({ value }) => ({ value, label: t('browse.decade', { year: value }) })),
});
const anyText = { kind: 'browse.kind_any', genre: 'browse.genre_any', lang: 'browse.language_any', decade: 'browse.year_any' } as const;
const facetText = { kind: 'browse.kind', genre: 'browse.genre', lang: 'browse.language', decade: 'browse.year' } as const;

/** What narrows the results; a facet with one value narrows nothing, but one that was chosen can be taken back. */
function Facets({ result, chosen, onChoose }: { result: SearchResult; chosen: Partial<Record<Facet, string>>; onChoose: (facet: Facet, value: string) => void }) {
  const all = facetsOf(result);
  const shown = (Object.keys(all) as Facet[]).filter((facet) => chosen[facet] || all[facet].length > 1);
  if (!shown.length) return null;
  return (
    <div className={css.facets}>
      {shown.map((facet) => (
        <Choice key={facet} quiet label={t(facetText[facet])} value={chosen[facet] ?? ''} options={[{ value: '', label: t(anyText[facet]) }, ...all[facet]]} onChoose={(value) => onChoose(facet, value)} testid={`facet-${facet}`} />
      ))}
    </div>
  );
}

function Waiting() {
  return (
    <div className={css.grid}>
      <Loading label={t('search.loading')} />
      {Array.from({ length: 14 }, (_, i) => (
        <Skeleton key={i} className={css.bone} />
      ))}
    </div>
  );
}

/** Before anything is typed: everything, and the genres to go to. */
function Everything() {
  const titles = useTitles('');
  const genres = useGenres().data?.items ?? [];
  const end = useEnd(titles.hasNextPage, titles.fetchNextPage);
  if (titles.isPending) return <Waiting />;
  if (!titles.data) return <FailedState error={titles.error} retry={() => void titles.refetch()} />;
  const items = titles.data.pages.flatMap((page) => page.items);
  if (!items.length) return <StateScreen small title={t('home.empty')} detail={t('home.empty_detail')} />;
  return (
    <>
      <Chips label={t('search.genres')} items={genres} to={(slug) => `/genre/${slug}`} />
      <h2 className={css.count}>{t('search.all')}</h2>
      <ul className={css.grid}>
        {items.map((title, position) => (
          <Card key={title.id} title={title} shape="poster" place={{ row: 'search', row_index: 0, position }} sizes="(max-width: 639px) 31vw, 14vw" eager={position < 8} />
        ))}
      </ul>
      <div ref={end} />
    </>
  );
}

function Results({ q }: { q: string }) {
  const [chosen, setChosen] = useState<Partial<Record<Facet, string>>>({});
  const found = useSearch(q, chosen);
  const end = useEnd(found.hasNextPage, found.fetchNextPage);
  if (found.isPending) return <Waiting />;
  const head = found.data?.pages[0];
  if (!head || !found.data) return <FailedState error={found.error} retry={() => void found.refetch()} />;
  const items = found.data.pages.flatMap((page) => page.items);
  const nothing = !items.length && !head.people.length && !head.genres.length;
  return (
    <>
      <Facets result={head} chosen={chosen} onChoose={(facet, value) => setChosen({ ...chosen, [facet]: value || undefined })} />
      <Chips label={t('search.people')} items={head.people} to={(slug) => `/person/${slug}`} people />
      <Chips label={t('search.genres')} items={head.genres} to={(slug) => `/genre/${slug}`} />
      {nothing ? (
        <StateScreen small icon={SearchX} title={t('search.empty', { query: q })} detail={t('search.empty_detail')} />
      ) : (
        <div role="status">
          <h2 className={css.count}>{head.corrected ? t('search.corrected', { query: head.corrected }) : t('search.found', { count: items.length })}</h2>
        </div>
      )}
      <ul className={css.grid} data-stale={found.isPlaceholderData || undefined} data-testid="found">
        {items.map((title, position) => (
          <Card key={title.id} title={title} shape="poster" place={{ row: 'search', row_index: 0, position }} sizes="(max-width: 639px) 31vw, 14vw" eager={position < 8} />
        ))}
      </ul>
      <div ref={end} />
    </>
  );
}

export function SearchScreen() {
  usePageTitle(t('search.title'));
  const [params, setParams] = useSearchParams();
  const [typed, setTyped] = useState(params.get('q') ?? '');
  const q = useDebounced(typed.trim(), 200);
  useEffect(() => {
    setParams(q ? { q } : {}, { replace: true, preventScrollReset: true });
  }, [q, setParams]);
  return (
    <div className={css.page}>
      <h1 className="hidden-text">{t('search.title')}</h1>
      <div className={css.box} role="search">
        <Search aria-hidden />
        <input
          type="search"
          autoFocus={matchMedia('(hover: hover)').matches}
          value={typed}
          maxLength={100}
          placeholder={t('search.placeholder')}
          aria-label={t('search.title')}
          enterKeyHint="search"
          onChange={(event) => setTyped(event.target.value)}
          data-testid="search"
          data-first
        />
        {typed && (
          <button type="button" aria-label={t('search.clear')} onClick={() => setTyped('')}>
            <X aria-hidden />
          </button>
        )}
      </div>
      {q ? <Results q={q} /> : <Everything />}
    </div>
  );
}
