/* CustomersScreen.tsx - a customer is found by how their address begins. What was typed stays on this page: addresses belong in no history. */
import { TextInput } from '@mantine/core';
import { useDebouncedValue, useHotkeys } from '@mantine/hooks';
import { Search, SearchX, UserSearch } from 'lucide-react';
import { useRef, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type { AccountRow } from '@shared/api/client';
import { useAccounts } from '../../api/people';
import { dayText } from '../../lib/format';
import { t } from '../../messages';
import { Page } from '../../ui/Page';
import { Failure, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Tag } from '../../ui/Tag';
import { roleText } from '../staff/roles';
import css from './customers.module.css';

const columns: Column<AccountRow>[] = [
  { key: 'email', head: t('sign_in.email'), lead: true, cell: (row) => <Link className={css.link} to={`/customers/${row.id}`} tabIndex={-1}>{row.email}</Link> },
  { key: 'proved', head: t('customers.address'), cell: (row) => <Tag tone={row.email_verified ? 'good' : 'plain'}>{row.email_verified ? t('customers.proved') : t('customers.unproved')}</Tag> },
  { key: 'roles', head: t('audit.role'), from: 900, cell: (row) => roleText(row.roles) },
  { key: 'since', head: t('customers.since'), number: true, cell: (row) => dayText(row.created_at) },
];

export function CustomersScreen() {
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 300);
  const field = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const found = useAccounts(q, false, q.length > 1);
  useHotkeys([['/', () => field.current?.focus()]]);
  return (
    <Page title={t('nav.customers')} lead={t('customers.lead')}>
      <TextInput ref={field} className={css.search} type="search" value={typed} onChange={(event) => setTyped(event.currentTarget.value)} aria-label={t('customers.search')} placeholder={t('customers.search')} leftSection={<Search size={15} aria-hidden />} autoComplete="off" data-testid="search" />
      {q.length < 2 && <State icon={UserSearch} title={t('customers.start')} text={t('customers.start_text')} />}
      {q.length > 1 && found.isError && <Failure error={found.error} onRetry={() => void found.refetch()} />}
      {q.length > 1 && found.isPending && <RowsSkeleton rows={3} />}
      {q.length > 1 && found.data && found.data.length > 0 && <Table label={t('nav.customers')} columns={columns} rows={found.data} id={(row) => row.id} name={(row) => row.email} onOpen={(row) => void navigate(`/customers/${row.id}`)} more={found.hasNextPage ? { busy: found.isFetchingNextPage, load: () => void found.fetchNextPage() } : undefined} />}
      {q.length > 1 && found.data?.length === 0 && <State icon={SearchX} title={t('customers.none')} text={t('customers.none_text')} />}
    </Page>
  );
}
