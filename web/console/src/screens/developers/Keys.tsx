/* Keys.tsx - the keys there are, when each was used last; one is made, looked at, revoked. */
import { Button } from '@mantine/core';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { ApiKey } from '@shared/api/client';
import { useKeyRevoke, useKeys, useScopes } from '../../api/developers';
import { agoText, momentText } from '../../lib/format';
import { t, type PlainKey } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Side } from '../../ui/Form';
import { Failure, failureText, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Tag, type Tone } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import css from './developers.module.css';
import { Facts } from './Facts';
import { KeyForm } from './KeyForm';
import { Secret } from './Secret';

const states: Record<ApiKey['state'], [Tone, PlainKey]> = { active: ['good', 'dev.active'], expired: ['plain', 'dev.expired'], revoked: ['bad', 'dev.revoked'] };
const State_ = ({ of }: { of: ApiKey }) => <Tag tone={states[of.state][0]}>{t(states[of.state][1])}</Tag>;
/* It is known to the hour. */
const used = (key: ApiKey): string => (!key.used_at ? t('dev.never') : Date.now() - new Date(key.used_at).getTime() < 3_600_000 ? t('dev.used_now') : agoText(key.used_at));

const columns: Column<ApiKey>[] = [
  { key: 'name', head: t('dev.name'), lead: true, cell: (key) => <strong className={css.name} dir="auto">{key.name}</strong> },
  { key: 'prefix', head: t('dev.begins'), width: '10rem', cell: (key) => <code>{key.prefix}…</code> },
  { key: 'scopes', head: t('dev.scopes'), from: 900, cell: (key) => <span className={css.list}>{key.scopes.join(', ')}</span> },
  { key: 'used', head: t('dev.used'), number: true, width: '9rem', cell: used },
  { key: 'until', head: t('dev.until'), number: true, width: '11rem', from: 1200, cell: (key) => (key.expires_at ? momentText(key.expires_at) : '') },
  { key: 'state', head: t('titles.state'), width: '8rem', cell: (key) => <State_ of={key} /> },
];

function Detail({ of: key, onClose }: { of: ApiKey; onClose: () => void }) {
  const revoke = useKeyRevoke();
  const [sure, setSure] = useState(false);
  const rows: Parameters<typeof Facts>[0]['rows'] = [
    [t('dev.begins'), <code>{key.prefix}…</code>],
    [t('dev.scopes'), key.scopes.map((name) => <code key={name} className={css.line}>{name}</code>)],
    [t('dev.ranges'), key.ranges.length ? key.ranges.map((range) => <code key={range} className={css.line}>{range}</code>) : t('dev.everywhere')],
    [t('dev.made'), momentText(key.created_at)],
    [t('dev.made_by'), <Link to={`/customers/${key.made_by}`}>{t('dev.account')}</Link>],
    [t('dev.used'), used(key)],
    [t('dev.until'), key.expires_at ? momentText(key.expires_at) : t('dev.no_end')],
    [t('dev.revoked'), key.revoked_at && momentText(key.revoked_at)],
  ];
  return (
    <>
      <Facts rows={rows} />
      <p className={css.note}><Link to={`/audit?action=${encodeURIComponent('/api/')}&account=${key.made_by}`}>{t('dev.key_record')}</Link></p>
      {revoke.error != null && <p role="alert" className={css.problem}>{failureText(revoke.error)}</p>}
      {key.state !== 'revoked' && <Button color="red" variant="light" onClick={() => setSure(true)} data-testid="revoke">{t('dev.revoke')}</Button>}
      <Confirm
        open={sure} title={t('dev.revoke_title', { name: key.name })} text={t('dev.revoke_text')} action={t('dev.revoke')} busy={revoke.isPending} onNo={() => setSure(false)}
        onYes={() => revoke.mutate(key.id, { onSuccess: () => { say(t('dev.revoke_done', { name: key.name })); onClose(); }, onError: () => setSure(false) })}
      />
    </>
  );
}

export function Keys() {
  const keys = useKeys();
  const scopes = useScopes();
  const [open, setOpen] = useState<ApiKey | 'new' | null>(null);
  const [token, setToken] = useState<string | null>(null);
  const close = () => setOpen(null);
  const add = <Button variant="filled" leftSection={<Plus size={16} aria-hidden />} onClick={() => setOpen('new')}>{t('dev.key_new')}</Button>;
  if (keys.isError) return <Failure error={keys.error} onRetry={() => void keys.refetch()} />;
  if (keys.isPending) return <RowsSkeleton rows={4} />;
  return (
    <>
      {keys.data.length > 0 && <div className={css.tools}>{add}</div>}
      {keys.data.length > 0 && <Table label={t('dev.keys')} columns={columns} rows={keys.data} id={(key) => key.id} name={(key) => key.name} onOpen={setOpen} more={keys.hasNextPage ? { busy: keys.isFetchingNextPage, load: () => void keys.fetchNextPage() } : undefined} />}
      {keys.data.length === 0 && <State icon={KeyRound} title={t('dev.keys_none')} text={t('dev.keys_none_text')}>{add}</State>}
      <Side title={open === 'new' ? t('dev.key_new') : (open?.name ?? '')} open={open !== null} onClose={close}>
        {open === 'new' && scopes.isError && <Failure error={scopes.error} onRetry={() => void scopes.refetch()} />}
        {open === 'new' && scopes.data && <KeyForm scopes={scopes.data} onClose={close} onMade={(made) => { close(); setToken(made.token); }} />}
        {open && open !== 'new' && <Detail of={open} onClose={close} />}
      </Side>
      <Secret title={t('dev.key_made')} text={t('dev.key_once')} value={token} onClose={() => setToken(null)} />
    </>
  );
}
