/* SearchScreen.tsx - every title, narrowed as one types. The query lives in the address, so Back works. */
import { Search, SearchX, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useTitles } from '../../api/queries';
import { useDebounced, usePageTitle } from '../../lib/hooks';
import { t } from '../../messages';
import { Card } from '../../ui/Card';
import { Loading, Skeleton } from '../../ui/Skeleton';
import { FailedState, StateScreen } from '../../ui/StateScreen';
import css from './search.module.css';

function Results({ q }: { q: string }) {
  const titles = useTitles(q);
  const end = useRef<HTMLDivElement>(null);
  const { hasNextPage, fetchNextPage } = titles;
  useEffect(() => {
    const element = end.current;
    if (!element || !hasNextPage) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && void fetchNextPage(), { rootMargin: '600px' });
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasNextPage, fetchNextPage]);

  if (titles.isPending) {
    return (
      <div className={css.grid}>
        <Loading label={t('search.loading')} />
        {Array.from({ length: 14 }, (_, i) => (
          <Skeleton key={i} className={css.bone} />
        ))}
      </div>
    );
  }
  if (!titles.data) return <FailedState error={titles.error} retry={() => void titles.refetch()} />;
  const items = titles.data.pages.flatMap((page) => page.items);
  if (!items.length) {
    return q ? (
      <StateScreen small icon={SearchX} title={t('search.empty', { query: q })} detail={t('search.empty_detail')} />
    ) : (
      <StateScreen small title={t('home.empty')} detail={t('home.empty_detail')} />
    );
  }
  return (
    <>
      <h2 className={css.count} role="status">
        {q ? t('search.found', { count: items.length }) : t('search.all')}
      </h2>
      <ul className={css.grid} data-stale={titles.isPlaceholderData || undefined}>
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
      <Results q={q} />
    </div>
  );
}
