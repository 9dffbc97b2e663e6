/* SettingsScreen.tsx - what is in force on this machine, and where it is set. It is changed there, not here. */
import { Checkbox, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Search, SearchX } from 'lucide-react';
import { useState } from 'react';
import { settingsList, type Setting } from '@shared/api/client';
import { t } from '../../messages';
import { Page } from '../../ui/Page';
import { Failure, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Tag } from '../../ui/Tag';
import css from './settings.module.css';

const columns: Column<Setting>[] = [
  { key: 'name', head: t('settings.name'), lead: true, width: '17rem', cell: (one) => <code className={css.key}>{one.name}</code> },
  { key: 'value', head: t('settings.value'), width: '18rem', cell: (one) => (one.value ? <code className={css.value}>{one.value}</code> : null) },
  { key: 'origin', head: t('settings.origin'), width: '9rem', cell: (one) => <Tag tone={one.origin === 'default' ? 'plain' : 'info'}>{one.origin}</Tag> },
  { key: 'doc', head: t('settings.doc'), from: 900, cell: (one) => one.doc },
];

export function SettingsScreen() {
  const settings = useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => settingsList({ signal }), staleTime: 60_000 });
  const [q, setQ] = useState('');
  const [own, setOwn] = useState(false);
  const shown = settings.data?.items.filter((one) => (!own || one.origin !== 'default') && `${one.name} ${one.doc}`.toLowerCase().includes(q.trim().toLowerCase()));
  return (
    <Page title={t('nav.settings')} lead={t('settings.lead')} wide>
      <div className={css.filters}>
        <TextInput className={css.search} value={q} onChange={(event) => setQ(event.currentTarget.value)} aria-label={t('settings.search')} placeholder={t('settings.search')} leftSection={<Search size={15} aria-hidden />} />
        <Checkbox label={t('settings.own')} checked={own} onChange={(event) => setOwn(event.currentTarget.checked)} />
      </div>
      {settings.isError && <Failure error={settings.error} onRetry={() => void settings.refetch()} />}
      {settings.isPending && <RowsSkeleton />}
      {shown && shown.length > 0 && <Table label={t('nav.settings')} columns={columns} rows={shown} id={(one) => one.name} name={(one) => one.name} />}
      {shown?.length === 0 && <State icon={SearchX} title={t('settings.none')} />}
    </Page>
  );
}
