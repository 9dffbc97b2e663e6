/* RightsScreen.tsx - a month of rights: what is open, what begins and ends, what the clock publishes; above it, what contradicts or ends soon. */
import { ActionIcon, Button } from '@mantine/core';
import { CalendarRange, ChevronLeft, ChevronRight } from 'lucide-react';
import { Link, useSearchParams } from 'react-router';
import type { RightsDate, RightsWarning } from '@shared/api/client';
import { useRights, useRightsWarnings } from '../../api/rights';
import { dayText, momentText } from '../../lib/format';
import { monthOf, monthShift, monthSpan } from '../../lib/month';
import { localeNow, t } from '../../messages';
import { Page, Panel } from '../../ui/Page';
import { Failure, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Tag } from '../../ui/Tag';
import css from './rights.module.css';
import { placeOf } from './WindowList';

const tones = { ahead: 'info', open: 'good', over: 'plain' } as const;
const columns: Column<RightsDate>[] = [
  { key: 'title', head: t('rights.title'), lead: true, cell: (one) => (one.title ? <Link className={css.link} to={`/titles/${one.title.id}/rights`} dir="auto">{one.title.name}</Link> : null) },
  { key: 'state', head: t('titles.state'), width: '8rem', cell: (one) => <Tag tone={one.holdback ? 'bad' : tones[one.state]}>{one.holdback ? t('rights.holdback') : t(`rights.${one.state}`)}</Tag> },
  { key: 'where', head: t('plans.country'), cell: placeOf },
  { key: 'models', head: t('rights.models'), from: 1200, cell: (one) => one.models.map((model) => t(`model.${model}`)).join(', ') || t('offers.all') },
  { key: 'licensor', head: t('rights.licensor'), from: 900, cell: (one) => <span dir="auto">{one.licensor}</span> },
  { key: 'from', head: t('audit.from'), number: true, cell: (one) => (one.starts_at ? dayText(one.starts_at) : t('rights.always')) },
  { key: 'until', head: t('audit.until'), number: true, cell: (one) => (one.ends_at ? dayText(one.ends_at) : t('rights.for_ever')) },
];

function Warnings() {
  const warnings = useRightsWarnings();
  if (warnings.isError) return <Failure error={warnings.error} onRetry={() => void warnings.refetch()} />;
  if (!warnings.data?.length && !warnings.hasNextPage) return null;
  const line = (one: RightsWarning): string => [t(`warning.${one.kind}`), one.what, one.at ? dayText(one.at) : ''].filter(Boolean).join(' · ');
  return (
    <Panel id="warnings" title={t('rights.warnings')}>
      <ul className={css.list}>
        {warnings.data?.map((one, i) => (
          <li key={`${one.kind}${one.window_id ?? ''}${i}`} className={css.item}>
            {one.title && <Link className={css.link} to={`/titles/${one.title.id}/rights`} dir="auto">{one.title.name}</Link>}
            <span className={css.note} dir="auto">{line(one)}</span>
          </li>
        ))}
      </ul>
      {warnings.hasNextPage && <Button loading={warnings.isFetchingNextPage} onClick={() => void warnings.fetchNextPage()}>{t('table.more')}</Button>}
    </Panel>
  );
}

export function RightsScreen() {
  const [query, setQuery] = useSearchParams();
  const month = monthOf(query.get('month'), new Date());
  const { from, to } = monthSpan(month);
  const rights = useRights(from, to);
  const go = (by: number) => setQuery({ month: monthShift(month, by) }, { replace: true });
  const items = rights.data?.pages.flatMap((page) => page.items) ?? [];
  const scheduled = rights.data?.pages.flatMap((page) => page.scheduled) ?? [];
  const name = new Intl.DateTimeFormat(localeNow(), { month: 'long', year: 'numeric' }).format(new Date(from));
  return (
    <Page title={t('nav.rights')} wide actions={
      <div className={css.months}>
        <ActionIcon variant="subtle" color="gray" aria-label={t('rights.before')} onClick={() => go(-1)}><ChevronLeft size={18} aria-hidden /></ActionIcon>
        <span className={css.month} aria-live="polite">{name}</span>
        <ActionIcon variant="subtle" color="gray" aria-label={t('rights.after')} onClick={() => go(1)}><ChevronRight size={18} aria-hidden /></ActionIcon>
      </div>
    }>
      <Warnings />
      {rights.isError && <Failure error={rights.error} onRetry={() => void rights.refetch()} />}
      {rights.isPending && <RowsSkeleton />}
      {scheduled.length > 0 && (
        <Panel id="scheduled" title={t('rights.scheduled')}>
          <ul className={css.list}>
            {scheduled.map((one, i) => (
              <li key={`${one.title?.id ?? ''}${i}`} className={css.item}>
                {one.title && <Link className={css.link} to={`/titles/${one.title.id}/rights`} dir="auto">{one.title.name}</Link>}
                <span className={css.note}>{[one.publish_at && t('rights.published_at', { when: momentText(one.publish_at) }), one.unpublish_at && t('rights.gone_at', { when: momentText(one.unpublish_at) })].filter(Boolean).join(' · ')}</span>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {items.length > 0 && <Table label={t('nav.rights')} columns={columns} rows={items} id={(one) => one.id} name={(one) => one.title?.name ?? one.licensor} more={rights.hasNextPage ? { busy: rights.isFetchingNextPage, load: () => void rights.fetchNextPage() } : undefined} />}
      {rights.data && !items.length && !scheduled.length && <State icon={CalendarRange} title={t('rights.none')} text={t('rights.none_text')} />}
    </Page>
  );
}
