/* CustomerScreen.tsx - one account: where it is signed in, what it watches now, what it pays; and what can be done about each. */
import { Button } from '@mantine/core';
import { ChevronLeft } from 'lucide-react';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import type { AccountWhole } from '@shared/api/client';
import { useAccount, useAccountStreams, useFactorReset, useSignOutAll, useStreamStop } from '../../api/people';
import { agoText, dayText } from '../../lib/format';
import { t, type PlainKey } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Page, Panel } from '../../ui/Page';
import { Failure, failureText, RowsSkeleton } from '../../ui/States';
import { Tag } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import css from './customers.module.css';
import { Money } from './Money';

const kinds: Record<string, PlainKey> = { web: 'device.web', tv: 'device.tv', phone: 'device.phone', other: 'device.other' };
const kindText = (kind: string | null): string => t(kinds[kind ?? 'other'] ?? 'device.other');

function Streams({ id }: { id: string }) {
  const streams = useAccountStreams(id);
  const stop = useStreamStop(id);
  return (
    <Panel id="streams" title={t('customer.streams')}>
      {streams.isError && <Failure error={streams.error} />}
      {streams.isPending && <RowsSkeleton rows={1} />}
      {streams.data?.items.length === 0 && <p className={css.none}>{t('customer.no_streams')}</p>}
      <ul className={css.list}>
        {streams.data?.items.map((one) => (
          <li key={one.playback_id} className={css.item}>
            <span className={css.what}><span className={css.name} dir="auto">{one.title?.name ?? ''}</span><span className={css.note}>{one.device.name || kindText(one.device.kind)} · {agoText(one.started_at)}</span></span>
            <Button size="xs" loading={stop.isPending} onClick={() => stop.mutate(one.playback_id, { onSuccess: () => say(t('customer.stopped')) })}>{t('customer.stop')}</Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Places({ whole }: { whole: AccountWhole }) {
  const signOut = useSignOutAll(whole.account.id);
  const [asking, setAsking] = useState(false);
  const failed = { onError: (error: unknown) => say(failureText(error), { bad: true }) };
  return (
    <Panel id="sessions" title={t('customer.sessions')} actions={whole.sessions.length > 0 ? <Button size="xs" onClick={() => setAsking(true)}>{t('customer.sign_out_all')}</Button> : undefined}>
      {whole.sessions.length === 0 && <p className={css.none}>{t('customer.no_sessions')}</p>}
      <ul className={css.list}>
        {whole.sessions.slice(0, 20).map((one) => (
          <li key={one.id} className={css.item}>
            <span className={css.what}><span className={css.name} dir="auto">{one.device_name || kindText(one.device_kind)}</span><span className={css.note} dir="auto">{one.profile_name}</span></span>
            <span className={css.note}>{agoText(one.last_seen_at)}</span>
          </li>
        ))}
      </ul>
      <Confirm open={asking} title={t('customer.sign_out_title')} text={t('customer.sign_out_text')} action={t('customer.sign_out_all')} busy={signOut.isPending} onNo={() => setAsking(false)} onYes={() => signOut.mutate(undefined, { ...failed, onSuccess: () => say(t('customer.signed_out')), onSettled: () => setAsking(false) })} />
    </Panel>
  );
}

function Security({ whole }: { whole: AccountWhole }) {
  const reset = useFactorReset(whole.account.id);
  const [asking, setAsking] = useState(false);
  return (
    <Panel id="people" title={t('customer.profiles')} actions={whole.second_factor ? <Button size="xs" onClick={() => setAsking(true)}>{t('customer.factor_reset')}</Button> : undefined}>
      <ul className={css.list}>
        {whole.profiles.map((one) => (
          <li key={one.id} className={css.item}>
            <span className={css.name} dir="auto">{one.name}</span>
            <span className={css.note}>{one.kids ? t('customer.kids') : one.maturity < 18 ? t('title.from_age', { count: one.maturity }) : ''}</span>
          </li>
        ))}
      </ul>
      <Confirm open={asking} title={t('customer.factor_title')} text={t('customer.factor_text')} action={t('customer.factor_reset')} typed={whole.account.email} busy={reset.isPending} onNo={() => setAsking(false)} onYes={() => reset.mutate(undefined, { onSuccess: () => say(t('customer.factor_gone')), onError: (error) => say(failureText(error), { bad: true }), onSettled: () => setAsking(false) })} />
    </Panel>
  );
}

export function CustomerScreen() {
  const { id = '' } = useParams();
  const account = useAccount(id);
  const back = <Link to="/customers" className={css.back}><ChevronLeft size={16} aria-hidden />{t('nav.customers')}</Link>;
  if (account.isError) return <Page title={t('nav.customers')} before={back}><Failure error={account.error} onRetry={() => void account.refetch()} /></Page>;
  if (account.isPending) return <Page title={t('state.loading')} before={back}><RowsSkeleton /></Page>;
  const { account: who } = account.data;
  return (
    <Page title={who.email} before={back} lead={<><Tag tone={who.email_verified ? 'good' : 'plain'}>{who.email_verified ? t('customers.proved') : t('customers.unproved')}</Tag> {t('customer.since', { day: dayText(who.created_at) })}</>}>
      <Money id={id} />
      <div className={css.columns}>
        <Streams id={id} />
        <Places whole={account.data} />
        <Security whole={account.data} />
        <Panel id="devices" title={t('plans.devices')}>
          {account.data.devices.length === 0 && <p className={css.none}>{t('customer.no_devices')}</p>}
          <ul className={css.list}>
            {account.data.devices.slice(0, 20).map((one) => (
              <li key={one.id} className={css.item}>
                <span className={css.name} dir="auto">{one.name || kindText(one.kind)}</span>
                <span className={css.note}>{agoText(one.last_seen_at)}</span>
              </li>
            ))}
          </ul>
        </Panel>
      </div>
    </Page>
  );
}
