/* AuditScreen.tsx - who did what, when, from where; a row opens what was sent. */
import { Button, Drawer, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { History, Search } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import type { AuditRow } from '@shared/api/client';
import { useAudit, type AuditFilter } from '../../api/house';
import { momentText } from '../../lib/format';
import { t } from '../../messages';
import { Page } from '../../ui/Page';
import { Failure, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import css from './audit.module.css';
import { actionText } from './words';

const columns: Column<AuditRow>[] = [
  { key: 'action', head: t('audit.action'), lead: true, cell: (row) => <span className={css.action}>{actionText(row.action)}</span> },
  { key: 'target', head: t('audit.target'), cell: (row) => <span dir="auto">{row.target}</span> },
  { key: 'role', head: t('audit.role'), width: '7rem', from: 900, cell: (row) => row.role },
  { key: 'address', head: t('audit.address'), width: '10rem', from: 1200, cell: (row) => row.address ?? '' },
  { key: 'at', head: t('audit.when'), number: true, width: '12rem', cell: (row) => <time dateTime={row.at}>{momentText(row.at)}</time> },
];

function Detail({ row }: { row: AuditRow }) {
  const facts: [string, string][] = [
    [t('audit.when'), momentText(row.at)],
    [t('audit.recorded'), row.action],
    [t('audit.target'), row.target],
    [t('audit.who'), row.account_id ?? t('audit.nobody')],
    [t('audit.role'), row.role],
    [t('audit.address'), row.address ?? ''],
    [t('audit.request'), row.request_id],
    [t('audit.seq'), row.seq === null ? t('audit.seq_soon') : String(row.seq)],
  ];
  return (
    <>
      <dl className={css.facts}>
        {facts.filter(([, value]) => value).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3 className={css.sentHead}>{t('audit.sent')}</h3>
      <pre className={css.sent} tabIndex={0}>{JSON.stringify(row.detail, null, 2)}</pre>
    </>
  );
}

export function AuditScreen() {
  const [query, setQuery] = useSearchParams();
  const filter: AuditFilter = { action: query.get('action') ?? '', account: query.get('account') ?? '', from: query.get('from') ?? '', until: query.get('until') ?? '' };
  const change = (part: Partial<AuditFilter>) => setQuery(Object.fromEntries(Object.entries({ ...filter, ...part }).filter(([, value]) => value)), { replace: true });
  const later = useDebouncedCallback((action: string) => change({ action }), 300);
  const audit = useAudit(filter);
  const [open, setOpen] = useState<AuditRow | null>(null);
  return (
    <Page title={t('nav.audit')} lead={t('audit.lead')} wide>
      <div className={css.filters}>
        <TextInput className={css.search} aria-label={t('audit.search')} placeholder={t('audit.search')} defaultValue={filter.action} leftSection={<Search size={15} aria-hidden />} maxLength={100} onChange={(event) => later(event.currentTarget.value.trim())} />
        <TextInput type="date" aria-label={t('audit.from')} value={filter.from} onChange={(event) => change({ from: event.currentTarget.value })} />
        <TextInput type="date" aria-label={t('audit.until')} value={filter.until} onChange={(event) => change({ until: event.currentTarget.value })} />
        {filter.account && <Button onClick={() => change({ account: '' })}>{t('audit.everybody')}</Button>}
      </div>
      {audit.isError && <Failure error={audit.error} onRetry={() => void audit.refetch()} />}
      {audit.isPending && <RowsSkeleton />}
      {audit.data && audit.data.length > 0 && (
        <Table
          label={t('nav.audit')} columns={columns} rows={audit.data} id={(row) => row.id} name={(row) => row.action} onOpen={setOpen} current={open?.id}
          more={audit.hasNextPage ? { busy: audit.isFetchingNextPage, load: () => void audit.fetchNextPage() } : undefined}
        />
      )}
      {audit.data?.length === 0 && <State icon={History} title={t('audit.none')} text={t('audit.none_text')} />}
      <Drawer opened={open !== null} onClose={() => setOpen(null)} position="right" size="28rem" title={open ? actionText(open.action) : ''} closeButtonProps={{ 'aria-label': t('action.close') }}>
        {open && (
          <>
            <Detail row={open} />
            {open.account_id && open.account_id !== filter.account && <Button onClick={() => { change({ account: open.account_id ?? '' }); setOpen(null); }}>{t('audit.only_this')}</Button>}
          </>
        )}
      </Drawer>
    </Page>
  );
}
