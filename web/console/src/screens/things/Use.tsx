/* Use.tsx - which titles name it. */
import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { useThingTitles, type ThingKind } from '../../api/things';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import { Failure, RowsSkeleton } from '../../ui/States';
import css from './things.module.css';

export function Use({ kind, id }: { kind: ThingKind; id: string }) {
  const use = useThingTitles(kind, id);
  return (
    <Panel id="use" title={kind === 'people' ? t('things.use_people') : t('things.use')} lead={use.data?.count ? t('things.used_by', { count: use.data.count }) : undefined}>
      {use.isError && <Failure error={use.error} onRetry={() => void use.refetch()} />}
      {use.isPending && <RowsSkeleton rows={3} />}
      {use.data?.count === 0 && <p className={css.none}>{t('things.unused')}</p>}
      <ul className={css.use} data-testid="use">
        {use.data?.items.map((title) => (
          <li key={title.id}>
            <Link to={`/titles/${title.id}`} className={css.link} dir="auto">{title.name}</Link>
            <span className={css.about}>{t(`kind.${title.kind}`)}</span>
          </li>
        ))}
      </ul>
      {use.hasNextPage && <Button size="xs" loading={use.isFetchingNextPage} onClick={() => void use.fetchNextPage()}>{t('table.more')}</Button>}
    </Panel>
  );
}
