/* BrowseScreen.tsx - everything on the programme, narrowed by kind, genre, language and decade. What is chosen lives in the address. */
import { Clapperboard } from 'lucide-react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { ApiError, type CollectionItem } from '@shared/api/client';
import { useBrowse, useCollections, useGenres, type Narrow } from '../../api/queries';
import { usePageTitle } from '../../lib/hooks';
import { languageName, t } from '../../messages';
import { Choice } from '../../ui/Choice';
import { StateScreen } from '../../ui/StateScreen';
import { decades, spoken } from './choices';
import { Gone } from './Gone';
import { Grid } from './Grid';
import css from './browse.module.css';

const kinds = ['film', 'series'] as const;
const sorts = ['new', 'name', 'year'] as const;
const sortText = { new: 'browse.sort_new', name: 'browse.sort_name', year: 'browse.sort_year' } as const;

const oneOf = <T extends string>(all: readonly T[], value: string | null): T | undefined => all.find((one) => one === value);

function Collections({ items }: { items: CollectionItem[] }) {
  if (!items.length) return null;
  return (
    <nav className={css.chips} aria-label={t('browse.collections')} data-testid="collections">
      {items.map(({ slug, name }) => (
        <Link key={slug} to={`/collection/${slug}`} dir="auto" viewTransition>
          {name}
        </Link>
      ))}
    </nav>
  );
}

export function BrowseScreen() {
  const { slug: genre = '' } = useParams();
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const genres = useGenres().data?.items ?? [];
  const kind = oneOf(kinds, params.get('kind'));
  const sort = oneOf(sorts, params.get('sort'));
  const lang = params.get('lang') ?? '';
  const decade = decades().find((year) => String(year) === params.get('decade'));
  const what: Narrow = { genre: genre || undefined, kind, sort, lang: lang || undefined, year_from: decade, year_to: decade === undefined ? undefined : decade + 9 };
  const list = useBrowse(what);
  const collections = useCollections();
  const name = genre ? (genres.find((one) => one.slug === genre)?.name ?? genre) : t('browse.title');
  usePageTitle(name);
  if (list.error instanceof ApiError && list.error.status === 404) return <Gone />;
  const choose = (key: string, value: string) => {
    const next = new URLSearchParams(params);
    if (value) next.set(key, value);
    else next.delete(key);
    setParams(next, { replace: true, preventScrollReset: true });
  };
  const to = (slug: string) => void navigate({ pathname: slug ? `/genre/${slug}` : '/browse', search: params.toString() }, { replace: true });
  return (
    <div className={css.page} data-testid="browse">
      <h1 dir="auto">{name}</h1>
      <div className={css.choices}>
        <Choice quiet label={t('browse.kind')} value={kind ?? ''} options={[{ value: '', label: t('browse.kind_any') }, { value: 'film', label: t('browse.kind_film') }, { value: 'series', label: t('browse.kind_series') }]} onChoose={(value) => choose('kind', value)} testid="kind" />
        {genres.length > 0 && <Choice quiet label={t('browse.genre')} value={genre} options={[{ value: '', label: t('browse.genre_any') }, ...genres.map((one) => ({ value: one.slug, label: one.name }))]} onChoose={to} testid="genre" />}
        <Choice quiet label={t('browse.language')} value={lang} options={[{ value: '', label: t('browse.language_any') }, ...spoken(lang).map((tag) => ({ value: tag, label: languageName(tag) }))]} onChoose={(value) => choose('lang', value)} testid="spoken" />
        <Choice quiet label={t('browse.year')} value={decade === undefined ? '' : String(decade)} options={[{ value: '', label: t('browse.year_any') }, ...decades().map((year) => ({ value: String(year), label: t('browse.decade', { year }) }))]} onChoose={(value) => choose('decade', value)} testid="decade" />
        <Choice quiet label={t('browse.sort')} value={sort ?? 'new'} options={sorts.map((one) => ({ value: one, label: t(sortText[one]) }))} onChoose={(value) => choose('sort', value === 'new' ? '' : value)} testid="sort" />
      </div>
      {!genre && <Collections items={collections.data?.items ?? []} />}
      {/* What stands above it is waited for: nothing moves down under a finger. */}
      {(genre || !collections.isPending) && <Grid key={genre} list={list} row={genre ? `genre-${genre}` : 'browse'} empty={<StateScreen small icon={Clapperboard} title={t('browse.empty')} detail={t('browse.empty_detail')} />} />}
    </div>
  );
}
