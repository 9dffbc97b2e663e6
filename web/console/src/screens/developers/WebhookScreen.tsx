/* WebhookScreen.tsx - one endpoint: what it is told of, how it does, and every delivery of thirty days. */
import { Button, Menu } from '@mantine/core';
import { MoreHorizontal, Send } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { Webhook } from '@shared/api/client';
import { useHook, useHookChange, useHookDelete, useHookEvents, useHookPing, useHookRotate } from '../../api/developers';
import { agoText, momentText } from '../../lib/format';
import { t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Side } from '../../ui/Form';
import { Page, Panel } from '../../ui/Page';
import { Failure, failureText, RowsSkeleton } from '../../ui/States';
import { say } from '../../ui/Toasts';
import { Deliveries } from './Deliveries';
import css from './developers.module.css';
import { Facts } from './Facts';
import { HookState, offText } from './HookState';
import { Secret } from './Secret';
import { WebhookForm } from './WebhookForm';

type Asked = 'edit' | 'off' | 'rotate' | 'delete' | null;

function Endpoint({ hook }: { hook: Webhook }) {
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Asked>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const [ping, change, rotate, drop] = [useHookPing(hook.id), useHookChange(hook.id), useHookRotate(hook.id), useHookDelete(hook.id)];
  const events = useHookEvents();
  const close = () => setAsked(null);
  const done = (text: string) => ({ onSuccess: () => { say(text); close(); }, onError: close });
  const error = ping.error ?? rotate.error ?? drop.error ?? (asked === 'edit' ? null : change.error);
  const on = hook.state !== 'off';
  const actions = (
    <>
      <Button leftSection={<Send size={16} aria-hidden />} loading={ping.isPending} onClick={() => ping.mutate(undefined, { onSuccess: () => say(t('dev.pinged')) })}>{t('dev.ping')}</Button>
      <Button onClick={() => { change.reset(); setAsked('edit'); }}>{t('dev.edit')}</Button>
      <Menu position="bottom-end">
        <Menu.Target><Button aria-label={t('dev.more')} px="xs"><MoreHorizontal size={16} aria-hidden /></Button></Menu.Target>
        <Menu.Dropdown>
          {on ? <Menu.Item onClick={() => setAsked('off')}>{t('dev.turn_off')}</Menu.Item> : <Menu.Item onClick={() => change.mutate({ enabled: true }, done(t('dev.turned_on', { name: hook.name })))}>{t('dev.turn_on')}</Menu.Item>}
          <Menu.Item onClick={() => setAsked('rotate')}>{t('dev.rotate')}</Menu.Item>
          <Menu.Item color="red" onClick={() => setAsked('delete')}>{t('dev.forget')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
  return (
    <Page title={hook.name} before={<Link className={css.back} to="/developers/webhooks">{t('dev.webhooks')}</Link>} lead={<span className={css.list}>{hook.url}</span>} actions={actions} wide>
      {error != null && <p role="alert" className={css.problem}>{failureText(error)}</p>}
      <Panel>
        <Facts
          rows={[
            [t('titles.state'), <><HookState of={hook} /> <span className={css.why}>{offText(hook)}{hook.state === 'failing' && hook.failing_since && t('dev.failing_since', { when: momentText(hook.failing_since) })}</span></>],
            [t('dev.ok'), hook.ok_at ? agoText(hook.ok_at) : t('dev.never')],
            [t('dev.failed_at'), hook.failed_at && agoText(hook.failed_at)],
            [t('dev.events'), <span className={css.events}>{hook.events.map((type) => <code key={type}>{type}</code>)}</span>],
          ]}
        />
      </Panel>
      <Deliveries hook={hook} />
      <Side title={t('dev.edit')} open={asked === 'edit'} onClose={close}>
        {events.data && <WebhookForm old={hook} events={events.data} error={change.error} busy={change.isPending} onClose={close} onSave={(body) => change.mutate(body, { onSuccess: () => { say(t('dev.saved')); close(); } })} />}
      </Side>
      <Confirm open={asked === 'off'} title={t('dev.turn_off_title', { name: hook.name })} text={t('dev.turn_off_text')} action={t('dev.turn_off')} busy={change.isPending} onNo={close} onYes={() => change.mutate({ enabled: false }, done(t('dev.turned_off', { name: hook.name })))} />
      <Confirm open={asked === 'rotate'} title={t('dev.rotate')} text={t('dev.rotate_text')} action={t('dev.rotate')} busy={rotate.isPending} onNo={close} onYes={() => rotate.mutate(undefined, { onSuccess: (made) => { close(); setSecret(made.secret); }, onError: close })} />
      <Confirm open={asked === 'delete'} title={t('dev.forget_title', { name: hook.name })} text={t('dev.forget_text')} action={t('dev.forget')} busy={drop.isPending} onNo={close} onYes={() => drop.mutate(undefined, { onSuccess: () => { say(t('dev.forgotten', { name: hook.name })); void navigate('/developers/webhooks'); }, onError: close })} />
      <Secret title={t('dev.rotated')} text={t('dev.rotated_text')} value={secret} onClose={() => setSecret(null)} />
    </Page>
  );
}

export function WebhookScreen() {
  const { id = '' } = useParams();
  const hook = useHook(id);
  if (hook.isError) return <Page title={t('dev.webhooks')}><Failure error={hook.error} onRetry={() => void hook.refetch()} /></Page>;
  if (hook.isPending) return <Page title={t('dev.webhooks')}><RowsSkeleton /></Page>;
  return <Endpoint key={id} hook={hook.data} />;
}
