/* HistoryScreen.tsx - what this profile has watched, latest first; a title can be taken out. */
import { Check, Clapperboard, X } from 'lucide-react';
import { Link } from 'react-router';
import type { Seen } from '@shared/api/client';
import { useHistory, useHistoryRemove } from '../../api/viewing';
import { usePageTitle } from '../../lib/hooks';
import { leftText } from '../../lib/time';
import { useEnd } from '../../lib/useEnd';
import { localeNow, t } from '../../messages';
import { ButtonLink } from '../../ui/Button';
import { Picture } from '../../ui/Picture';
import { Loading, Skeleton } from '../../ui/Skeleton';
import { FailedState, StateScreen } from '../../ui/StateScreen';
import css from './history.module.css';

const day = (at: string): string => new Intl.DateTimeFormat(localeNow(), { dateStyle: 'medium' }).format(new Date(at));

function Row({ seen, first }: { seen: Seen; first: boolean }) {
  const remove = useHistoryRemove();
  const { title } = seen;
  return (
    <li className={css.row} data-testid="seen" data-slug={title.slug}>
      <Link to={`/title/${title.slug}`} className={css.title} viewTransition data-first={first || undefined}>
        <span className={css.still}>{title.still && <Picture image={title.still} name={title.name} shape="still" sizes="9rem" />}</span>
        <span className={css.words}>
          <strong dir="auto">{title.name}</strong>
          <span>
            {day(seen.viewed_at)}
            {seen.watched ? (
              <>
                {' · '}
                <Check aria-hidden /> {t('history.watched')}
              </>
            ) : (
              ` · ${leftText(seen.position_s, seen.duration_s)}`
            )}
          </span>
        </span>
      </Link>
      <button type="button" className={css.remove} disabled={remove.isPending} onClick={() => remove.mutate(title.id)} aria-label={t('history.remove', { name: title.name })}>
        <X aria-hidden />
      </button>
    </li>
  );
}

function Rows() {
  const history = useHistory();
  const end = useEnd(history.hasNextPage, history.fetchNextPage);
  if (history.isPending) {
    return (
      <>
        <Loading label={t('history.loading')} />
        {Array.from({ length: 5 }, (_, i) => (
          <Skeleton key={i} height="5.5rem" />
        ))}
      </>
    );
  }
  if (!history.data) return <FailedState error={history.error} retry={() => void history.refetch()} />;
  const items = history.data.pages.flatMap((page) => page.items);
  if (!items.length) {
    return (
      <StateScreen small icon={Clapperboard} title={t('history.empty')} detail={t('history.empty_detail')}>
        <ButtonLink to="/">{t('action.home')}</ButtonLink>
      </StateScreen>
    );
  }
  return (
    <>
      <ul className={css.rows} data-testid="history">
        {items.map((seen, i) => (
          <Row key={seen.title.id} seen={seen} first={i === 0} />
        ))}
      </ul>
      <div ref={end} />
    </>
  );
}

export function HistoryScreen() {
  usePageTitle(t('history.title'));
  return (
    <div className={css.page}>
      <h1>{t('history.title')}</h1>
      <Rows />
    </div>
  );
}
