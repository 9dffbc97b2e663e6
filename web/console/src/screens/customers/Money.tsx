/* Money.tsx - the subscription, the credit in hand, every payment; money given back, credit given. */
import { Button, Checkbox, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { Billing, Money as Sum, PaymentRow } from '@shared/api/client';
import { keyNew, useAccountBilling, useAccountPayments, useCredit, useRefund } from '../../api/people';
import { dayText, moneyText } from '../../lib/format';
import { t, type PlainKey } from '../../messages';
import { Form, Side, text } from '../../ui/Form';
import { MoneyField, type Amount } from '../../ui/MoneyField';
import { Panel } from '../../ui/Page';
import { Failure, RowsSkeleton } from '../../ui/States';
import { Tag, type Tone } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import css from './customers.module.css';

const states: Record<PaymentRow['state'], [Tone, PlainKey]> = { pending: ['busy', 'payment.pending'], action: ['busy', 'payment.action'], succeeded: ['good', 'payment.succeeded'], failed: ['bad', 'payment.failed'] };

/** What can still go back of a payment, in minor units. */
export function refundable(payment: PaymentRow): number {
  const back = payment.refunds.filter((one) => one.status === 'succeeded' || one.status === 'processing').reduce((sum, one) => sum + (one.amount?.minor ?? 0), 0);
  return payment.state === 'succeeded' && payment.amount ? payment.amount.minor - back : 0;
}

function RefundForm({ id, payment, onClose }: { id: string; payment: PaymentRow; onClose: () => void }) {
  const refund = useRefund(id);
  const [key] = useState(keyNew);
  const [amount, setAmount] = useState<Amount>({ minor: refundable(payment), currency: payment.amount?.currency ?? 'EUR' });
  const save = (data: FormData) => {
    if (amount.minor) refund.mutate({ payment: payment.id, key, amount_minor: amount.minor, reason: text(data, 'reason'), ends_access: data.has('ends') }, { onSuccess: () => { say(t('refund.done')); onClose(); } });
  };
  return (
    <Form error={refund.error} busy={refund.isPending} action={t('refund.give')} onSubmit={save} onCancel={onClose}>
      <MoneyField label={t('refund.amount')} value={amount} onChange={setAmount} currencyFixed />
      <Textarea name="reason" label={t('refund.reason')} description={t('refund.reason_hint')} required maxLength={300} />
      <Checkbox name="ends" label={t('refund.ends')} />
    </Form>
  );
}

function CreditForm({ id, currency, onClose }: { id: string; currency: string; onClose: () => void }) {
  const credit = useCredit(id);
  const [key] = useState(keyNew);
  const [amount, setAmount] = useState<Amount>({ minor: null, currency });
  const save = (data: FormData) => {
    if (amount.minor) credit.mutate({ credit: key, amount_minor: amount.minor, currency: amount.currency, reason: text(data, 'reason') }, { onSuccess: () => { say(t('credit.done')); onClose(); } });
  };
  return (
    <Form error={credit.error} busy={credit.isPending} action={t('credit.give')} onSubmit={save} onCancel={onClose}>
      <MoneyField label={t('credit.amount')} value={amount} onChange={setAmount} />
      <Textarea name="reason" label={t('refund.reason')} description={t('credit.reason_hint')} required maxLength={300} />
    </Form>
  );
}

function subscriptionText({ subscription: one }: Billing): string {
  if (!one) return t('customer.no_plan');
  const state = t(`subscription.${one.state}`);
  return `${one.plan_name ?? ''} · ${state}${one.period_end_at ? ` · ${t('customer.until', { day: dayText(one.period_end_at) })}` : ''}`;
}

export function Money({ id }: { id: string }) {
  const billing = useAccountBilling(id);
  const payments = useAccountPayments(id);
  const [refund, setRefund] = useState<PaymentRow | null>(null);
  const [credit, setCredit] = useState(false);
  if (billing.isError) return <Failure error={billing.error} onRetry={() => void billing.refetch()} />;
  if (payments.isError) return <Failure error={payments.error} onRetry={() => void payments.refetch()} />;
  if (billing.isPending || payments.isPending) return <RowsSkeleton rows={3} />;
  const sums = (list: Sum[]) => list.map((one) => moneyText(one)).join(', ') || t('customer.no_credit');
  return (
    <Panel id="money" title={t('customer.money')} lead={subscriptionText(billing.data)} actions={<Button size="xs" onClick={() => setCredit(true)} data-testid="credit">{t('credit.give')}</Button>}>
      <ul className={css.list}>
        <li className={css.item}><span className={css.name}>{t('customer.credit')}</span><span className={css.end} data-testid="credits">{sums(billing.data.credits)}</span></li>
        {payments.data.items.map((one) => (
          <li key={one.id} className={css.item} data-testid="payment">
            <span className={css.what}><span className={css.name}>{dayText(one.created_at)}</span><span className={css.note}>{one.gateway}{one.decline_code ? ` · ${one.decline_code}` : ''}{one.refunds.length ? ` · ${t('refund.some', { count: one.refunds.length })}` : ''}</span></span>
            <span className={css.end}>
              <Tag tone={states[one.state][0]}>{t(states[one.state][1])}</Tag>
              {one.amount && <span>{moneyText(one.amount)}</span>}
              {refundable(one) > 0 && <Button size="xs" onClick={() => setRefund(one)}>{t('refund.give')}</Button>}
            </span>
          </li>
        ))}
      </ul>
      <Side title={t('refund.give')} open={refund !== null} onClose={() => setRefund(null)}>{refund && <RefundForm id={id} payment={refund} onClose={() => setRefund(null)} />}</Side>
      <Side title={t('credit.give')} open={credit} onClose={() => setCredit(false)}><CreditForm id={id} currency={payments.data.items[0]?.amount?.currency ?? 'EUR'} onClose={() => setCredit(false)} /></Side>
    </Panel>
  );
}
