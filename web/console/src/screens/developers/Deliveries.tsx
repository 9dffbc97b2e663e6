/* Deliveries.tsx - what an endpoint was sent, newest first: each with its request and its answers, and sent again on demand. */
import { Button, Menu, SegmentedControl } from '@mantine/core';
import { ChevronDown, RotateCcw, Send } from 'lucide-react';
import { useState } from 'react';
import type { Webhook, WebhookDelivery } from '@shared/api/client';
import { useDeliveries, useReplay, type DeliveryState } from '../../api/developers';
import { momentText, numberText } from '../../lib/format';
import { t, type PlainKey } from '../../messages';
import { Side } from '../../ui/Form';
import { Failure, failureText, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { say } from '../../ui/Toasts';
import { DeliveryTag, outcomeText } from './DeliveryTag';
import { DeliveryDetail } from './DeliveryDetail';
import css from './developers.module.css';

const columns: Column<WebhookDelivery>[] = [
  { key: 'type', head: t('dev.event'), lead: true, cell: (one) => <code className={css.name}>{one.type}</code> },
  { key: 'outcome', head: t('dev.answer'), cell: outcomeText },
  { key: 'attempts', head: t('dev.attempts'), number: true, width: '7rem', from: 900, cell: (one) => numberText(one.attempts) },
  { key: 'when', head: t('audit.when'), number: true, width: '12rem', cell: (one) => <time dateTime={one.created_at}>{momentText(one.created_at)}</time> },
  { key: 'state', head: t('titles.state'), width: '9rem', cell: (one) => <DeliveryTag state={one.state} /> },
];
const filters: ['' | DeliveryState, PlainKey][] = [['', 'dev.all'], ['pending', 'dev.pending'], ['delivered', 'dev.delivered'], ['failed', 'dev.given_up']];
const spans: [number, PlainKey][] = [[1, 'dev.span_hour'], [24, 'dev.span_day'], [24 * 7, 'dev.span_week'], [24 * 30, 'dev.span_month']];

function Replay({ hook }: { hook: Webhook }) {
  const replay = useReplay(hook.id);
  const send = (hours: number) => replay.mutate(new Date(Date.now() - hours * 3_600_000).toISOString(), { onSuccess: ({ replayed }) => say(t('dev.replayed', { count: replayed })), onError: (error) => say(failureText(error)) });
  return (
    <Menu position="bottom-end">
      <Menu.Target><Button loading={replay.isPending} leftSection={<RotateCcw size={16} aria-hidden />} rightSection={<ChevronDown size={14} aria-hidden />}>{t('dev.replay')}</Button></Menu.Target>
      <Menu.Dropdown>{spans.map(([hours, label]) => <Menu.Item key={hours} onClick={() => send(hours)}>{t(label)}</Menu.Item>)}</Menu.Dropdown>
    </Menu>
  );
}

export function Deliveries({ hook }: { hook: Webhook }) {
  const [state, setState] = useState<'' | DeliveryState>('');
  const [open, setOpen] = useState<string | null>(null);
  const list = useDeliveries(hook.id, state || undefined);
  return (
    <section aria-labelledby="deliveries">
      <div className={css.bar}>
        <h2 className={css.head} id="deliveries">{t('dev.deliveries')}</h2>
        <SegmentedControl aria-label={t('titles.state')} size="xs" value={state} onChange={(value) => setState(value as DeliveryState)} data={filters.map(([value, label]) => ({ value, label: t(label) }))} />
        <Replay hook={hook} />
      </div>
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <RowsSkeleton rows={4} />}
      {list.data && list.data.length > 0 && (
        <Table
          label={t('dev.deliveries')} columns={columns} rows={list.data} id={(one) => one.id} name={(one) => one.type} onOpen={(one) => setOpen(one.id)} current={open ?? undefined}
          more={list.hasNextPage ? { busy: list.isFetchingNextPage, load: () => void list.fetchNextPage() } : undefined}
        />
      )}
      {list.data?.length === 0 && <State icon={Send} title={t('dev.deliveries_none')} text={t('dev.deliveries_none_text')} />}
      <Side title={t('dev.delivery')} open={open !== null} onClose={() => setOpen(null)}>
        {open && <DeliveryDetail hook={hook} id={open} />}
      </Side>
    </section>
  );
}
