/* Grid.tsx - posters in columns, with what stands there while they come, when none did, and when asking failed. */
import type { ReactNode } from 'react';
import type { TitleCard } from '@shared/api/client';
import { useEnd } from '../../lib/useEnd';
import { t } from '../../messages';
import { Card } from '../../ui/Card';
import { Loading, Skeleton } from '../../ui/Skeleton';
import { FailedState } from '../../ui/StateScreen';
import css from './browse.module.css';

type Pages = {
  data: { pages: { items: TitleCard[] }[] } | undefined;
  isPending: boolean;
  isPlaceholderData?: boolean;
  error: unknown;
  refetch: () => unknown;
  hasNextPage: boolean;
  fetchNextPage: () => unknown;
};

/** row: for the events, where a title was seen. */
export function Grid({ list, row, empty, first = true }: { list: Pages; row: string; empty: ReactNode; first?: boolean }) {
  const end = useEnd(list.hasNextPage, list.fetchNextPage);
  if (list.isPending) {
    return (
      <div className={css.grid}>
        <Loading label={t('state.loading')} />
        {Array.from({ length: 14 }, (_, i) => (
          <Skeleton key={i} className={css.bone} />
        ))}
      </div>
    );
  }
  if (!list.data) return <FailedState error={list.error} retry={() => void list.refetch()} />;
  const items = list.data.pages.flatMap((page) => page.items);
  if (!items.length) return empty;
  return (
    <>
      <ul className={css.grid} data-stale={list.isPlaceholderData || undefined} data-testid="grid">
        {items.map((title, position) => (
          <Card key={title.id} title={title} shape="poster" place={{ row, row_index: 0, position }} sizes="(max-width: 639px) 31vw, 14vw" eager={position < 8} first={first && position === 0} />
        ))}
      </ul>
      <div ref={end} />
    </>
  );
}
