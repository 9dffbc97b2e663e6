/* StaffScreen.tsx - who is an editor, who an operator; and making somebody one who has signed up. */
import { Button, Checkbox, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import type { AccountRow } from '@shared/api/client';
import { useAccounts, useRolesPut } from '../../api/people';
import { useSession } from '../../api/queries';
import { dayText } from '../../lib/format';
import { t } from '../../messages';
import { Form, Side } from '../../ui/Form';
import { Page } from '../../ui/Page';
import { Failure, RowsSkeleton } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { say } from '../../ui/Toasts';
import { roleText } from './roles';
import css from './staff.module.css';

const columns: Column<AccountRow>[] = [
  { key: 'email', head: t('sign_in.email'), lead: true, cell: (row) => <strong className={css.name}>{row.email}</strong> },
  { key: 'roles', head: t('audit.role'), cell: (row) => roleText(row.roles) },
  { key: 'since', head: t('customers.since'), number: true, from: 900, cell: (row) => dayText(row.created_at) },
];

function Roles({ row, onClose }: { row: AccountRow; onClose: () => void }) {
  const put = useRolesPut(row.id);
  const own = useSession().data?.account.id === row.id;
  const save = (data: FormData) => {
    const roles = (['editor', 'operator'] as const).filter((role) => data.has(role));
    put.mutate(roles, { onSuccess: () => { say(t('staff.saved', { email: row.email })); onClose(); } });
  };
  return (
    <Form error={put.error} busy={put.isPending} onSubmit={save} onCancel={onClose}>
      <p className={css.who}>{row.email}</p>
      <Checkbox name="editor" label={t('role.editor')} description={t('role.editor_text')} defaultChecked={row.roles.includes('editor')} disabled={own} />
      <Checkbox name="operator" label={t('role.operator')} description={t('role.operator_text')} defaultChecked={row.roles.includes('operator')} disabled={own} />
      <p className={css.note}>{own ? t('staff.own') : t('staff.note')}</p>
    </Form>
  );
}

function Find({ onFound }: { onFound: (row: AccountRow) => void }) {
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 300);
  const found = useAccounts(q, false, q.length > 1);
  return (
    <div className={css.find}>
      <TextInput label={t('customers.search')} description={t('staff.find_hint')} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} autoComplete="off" data-autofocus />
      {found.isError && <Failure error={found.error} />}
      <ul className={css.list}>
        {found.data?.slice(0, 8).map((row) => <li key={row.id}><Button fullWidth justify="start" onClick={() => onFound(row)}>{row.email}</Button></li>)}
      </ul>
      {q.length > 1 && found.data?.length === 0 && <p className={css.note}>{t('customers.none_text')}</p>}
    </div>
  );
}

export function StaffScreen() {
  const staff = useAccounts('', true);
  const [open, setOpen] = useState<AccountRow | 'find' | null>(null);
  const add = <Button variant="filled" leftSection={<UserPlus size={16} aria-hidden />} onClick={() => setOpen('find')}>{t('staff.add')}</Button>;
  return (
    <Page title={t('nav.staff')} lead={t('staff.lead')} actions={add}>
      {staff.isError && <Failure error={staff.error} onRetry={() => void staff.refetch()} />}
      {staff.isPending && <RowsSkeleton rows={3} />}
      {staff.data && <Table label={t('nav.staff')} columns={columns} rows={staff.data} id={(row) => row.id} name={(row) => row.email} onOpen={setOpen} more={staff.hasNextPage ? { busy: staff.isFetchingNextPage, load: () => void staff.fetchNextPage() } : undefined} />}
      <Side title={open === 'find' ? t('staff.add') : t('staff.roles')} open={open !== null} onClose={() => setOpen(null)}>
        {open === 'find' ? <Find onFound={setOpen} /> : open && <Roles row={open} onClose={() => setOpen(null)} />}
      </Side>
    </Page>
  );
}
