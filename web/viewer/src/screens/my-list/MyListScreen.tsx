/* MyListScreen.tsx - what this profile wants to watch, latest first. */
import { Bookmark, History } from 'lucide-react';
import { useMyList } from '../../api/viewing';
import { usePageTitle } from '../../lib/hooks';
import { useEnd } from '../../lib/useEnd';
import { t } from '../../messages';
import { ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Loading, Skeleton } from '../../ui/Skeleton';
import { FailedState, StateScreen } from '../../ui/StateScreen';
import css from './my-list.module.css';

function Titles() {
  const list = useMyList();
  const end = useEnd(list.hasNextPage, list.fetchNextPage);
  if (list.isPending) {
    return (
      <div className={css.grid}>
        <Loading label={t('my_list.loading')} />
        {Array.from({ length: 7 }, (_, i) => (
          <Skeleton key={i} className={css.bone} />
        ))}
      </div>
    );
  }
  if (!list.data) return <FailedState error={list.error} retry={() => void list.refetch()} />;
  const items = list.data.pages.flatMap((page) => page.items);
  if (!items.length) {
    return (
      <StateScreen small icon={Bookmark} title={t('my_list.empty')} detail={t('my_list.empty_detail')}>
        <ButtonLink to="/">{t('action.home')}</ButtonLink>
      </StateScreen>
    );
  }
  return (
    <>
      <ul className={css.grid} data-testid="my-list">
        {items.map((title, position) => (
          <Card key={title.id} title={title} shape="poster" place={{ row: 'my-list', row_index: 0, position }} sizes="(max-width: 639px) 31vw, 14vw" eager={position < 8} first={position === 0} />
        ))}
      </ul>
      <div ref={end} />
    </>
  );
}

export function MyListScreen() {
  usePageTitle(t('my_list.title'));
  return (
    <div className={css.page}>
      <div className={css.head}>
        <h1>{t('my_list.title')}</h1>
        <ButtonLink look="ghost" icon={<History aria-hidden />} to="/history" viewTransition>
          {t('history.title')}
        </ButtonLink>
      </div>
      <Titles />
    </div>
  );
}
