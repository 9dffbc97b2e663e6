/* Webhooks.tsx - the endpoints that are told of events; a row leads to what was sent to it. */
import { Button } from '@mantine/core';
import { Plus, Webhook as WebhookIcon } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { Webhook, WebhookMade } from '@shared/api/client';
import { useHookCreate, useHookEvents, useHooks } from '../../api/developers';
import { agoText, numberText } from '../../lib/format';
import { t } from '../../messages';
import { Side } from '../../ui/Form';
import { Failure, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import css from './developers.module.css';
import { HookState } from './HookState';
import { Secret } from './Secret';
import { WebhookForm } from './WebhookForm';

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);
const columns: Column<Webhook>[] = [
  { key: 'name', head: t('dev.name'), lead: true, cell: (hook) => <strong className={css.name} dir="auto">{hook.name}</strong> },
  { key: 'url', head: t('dev.url'), cell: (hook) => <span className={css.list}>{hostOf(hook.url)}</span> },
  { key: 'events', head: t('dev.events'), number: true, width: '7rem', from: 900, cell: (hook) => numberText(hook.events.length) },
  { key: 'ok', head: t('dev.ok'), number: true, width: '10rem', cell: (hook) => (hook.ok_at ? agoText(hook.ok_at) : t('dev.never')) },
  { key: 'state', head: t('titles.state'), width: '9rem', cell: (hook) => <HookState of={hook} /> },
];

export function Webhooks() {
  const hooks = useHooks();
  const events = useHookEvents();
  const create = useHookCreate();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const [made, setMade] = useState<WebhookMade | null>(null);
  const start = () => { create.reset(); setOpen(true); };
  const add = <Button variant="filled" leftSection={<Plus size={16} aria-hidden />} onClick={start}>{t('dev.hook_new')}</Button>;
  if (hooks.isError) return <Failure error={hooks.error} onRetry={() => void hooks.refetch()} />;
  if (hooks.isPending) return <RowsSkeleton rows={4} />;
  return (
    <>
      {hooks.data.length > 0 && <div className={css.tools}>{add}</div>}
      {hooks.data.length > 0 && <Table label={t('dev.webhooks')} columns={columns} rows={hooks.data} id={(hook) => hook.id} name={(hook) => hook.name} onOpen={(hook) => void navigate(`/developers/webhooks/${hook.id}`)} more={hooks.hasNextPage ? { busy: hooks.isFetchingNextPage, load: () => void hooks.fetchNextPage() } : undefined} />}
      {hooks.data.length === 0 && <State icon={WebhookIcon} title={t('dev.hooks_none')} text={t('dev.hooks_none_text')}>{add}</State>}
      <Side title={t('dev.hook_new')} open={open} onClose={() => setOpen(false)}>
        {events.isError && <Failure error={events.error} onRetry={() => void events.refetch()} />}
        {events.data && <WebhookForm old={null} events={events.data} error={create.error} busy={create.isPending} onClose={() => setOpen(false)} onSave={(body) => create.mutate(body, { onSuccess: (answer) => { setOpen(false); setMade(answer); } })} />}
      </Side>
      <Secret title={t('dev.hook_made')} text={t('dev.hook_once')} value={made?.secret ?? null} onClose={() => { setMade(null); void navigate(`/developers/webhooks/${made?.webhook.id ?? ''}`); }} />
    </>
  );
}
