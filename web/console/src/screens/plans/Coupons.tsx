/* Coupons.tsx - codes that take something off a subscription. */
import { Button, Checkbox, NumberInput, SegmentedControl, Select, TextInput } from '@mantine/core';
import { Plus, TicketPercent } from 'lucide-react';
import { useState } from 'react';
import type { Coupon } from '@shared/api/client';
import { dayStart } from '../../api/house';
import { useCouponPut, useCoupons, usePlans } from '../../api/sell';
import { dayText, moneyText, percentText } from '../../lib/format';
import { t } from '../../messages';
import { Form, Side, text, whole } from '../../ui/Form';
import { MoneyField, type Amount } from '../../ui/MoneyField';
import { Failure, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Tag } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import css from './plans.module.css';

const over = (one: Coupon): boolean => !one.active || (one.expires_at !== null && new Date(one.expires_at) <= new Date());
const columns: Column<Coupon>[] = [
  { key: 'code', head: t('coupons.code'), lead: true, cell: (one) => <span className={css.code}>{one.code}</span> },
  { key: 'off', head: t('coupons.off'), number: true, cell: (one) => (one.amount ? moneyText(one.amount) : percentText(one.percent_bp)) },
  { key: 'periods', head: t('coupons.periods'), number: true, from: 900, cell: (one) => (one.periods ? String(one.periods) : t('offers.all')) },
  { key: 'plan', head: t('coupons.plan'), from: 1200, cell: (one) => one.plan },
  { key: 'used', head: t('coupons.used'), number: true, cell: (one) => (one.max_redemptions ? t('ingest.of', { done: String(one.redeemed), all: String(one.max_redemptions) }) : String(one.redeemed)) },
  { key: 'until', head: t('audit.until'), number: true, cell: (one) => (one.expires_at ? dayText(one.expires_at) : '') },
  { key: 'state', head: t('titles.state'), width: '8rem', cell: (one) => <Tag tone={over(one) ? 'plain' : 'good'}>{over(one) ? t('offers.off') : t('offers.on')}</Tag> },
];

function Inside({ old, onClose }: { old: Coupon | null; onClose: () => void }) {
  const put = useCouponPut();
  const plans = usePlans();
  const [by, setBy] = useState<'percent' | 'amount'>(old?.amount ? 'amount' : 'percent');
  const [amount, setAmount] = useState<Amount>({ minor: old?.amount?.minor ?? null, currency: old?.amount?.currency ?? 'EUR' });
  const [plan, setPlan] = useState(old?.plan ?? null);
  const save = (data: FormData) => {
    if (by === 'amount' && amount.minor === null) return;
    const until = dayStart(text(data, 'until'), 1);
    const off = old ? (old.amount ? { amount_minor: old.amount.minor, currency: old.amount.currency } : { percent_bp: old.percent_bp }) : by === 'amount' ? { amount_minor: amount.minor ?? 0, currency: amount.currency } : { percent_bp: whole(data, 'percent') * 100 };
    const body = { ...off, periods: old?.periods ?? whole(data, 'periods'), max_redemptions: whole(data, 'max'), active: data.has('active'), ...(until ? { expires_at: until } : {}), ...(plan ? { plan } : {}) };
    put.mutate({ code: old?.code ?? text(data, 'code'), body }, { onSuccess: () => { say(t('coupons.saved')); onClose(); } });
  };
  return (
    <Form error={put.error} busy={put.isPending} onSubmit={save} onCancel={onClose}>
      <TextInput name="code" label={t('coupons.code')} description={t('coupons.code_hint')} defaultValue={old?.code} required minLength={3} maxLength={40} disabled={old !== null} data-autofocus />
      {!old && <SegmentedControl aria-label={t('coupons.off')} value={by} onChange={(value) => setBy(value as 'percent')} data={[{ value: 'percent', label: t('coupons.percent') }, { value: 'amount', label: t('coupons.amount') }]} />}
      {!old && by === 'percent' && <NumberInput name="percent" label={t('coupons.percent')} defaultValue={10} min={1} max={100} suffix=" %" allowDecimal={false} />}
      {!old && by === 'amount' && <MoneyField label={t('coupons.amount')} value={amount} onChange={setAmount} />}
      {!old && <NumberInput name="periods" label={t('coupons.periods')} description={t('coupons.periods_hint')} defaultValue={1} min={0} max={120} allowDecimal={false} />}
      {!old && <Select label={t('coupons.plan')} placeholder={t('coupons.any_plan')} data={(plans.data?.items ?? []).map((one) => ({ value: one.slug, label: one.name }))} value={plan} onChange={setPlan} clearable allowDeselect clearButtonProps={{ 'aria-label': t('filter.clear') }} />}
      <NumberInput name="max" label={t('coupons.max')} description={t('plans.zero_hint')} defaultValue={old?.max_redemptions ?? 0} min={0} max={10_000_000} allowDecimal={false} />
      <TextInput type="date" name="until" label={t('audit.until')} defaultValue={old?.expires_at?.slice(0, 10) ?? ''} />
      <Checkbox name="active" label={t('coupons.is_on')} defaultChecked={old?.active ?? true} />
    </Form>
  );
}

export function Coupons() {
  const coupons = useCoupons();
  const [open, setOpen] = useState<Coupon | 'new' | null>(null);
  const add = <Button variant="filled" leftSection={<Plus size={16} aria-hidden />} onClick={() => setOpen('new')}>{t('coupons.new')}</Button>;
  if (coupons.isError) return <Failure error={coupons.error} onRetry={() => void coupons.refetch()} />;
  if (coupons.isPending) return <RowsSkeleton />;
  return (
    <>
      {coupons.data.length > 0 && <div className={css.tools}>{add}</div>}
      {coupons.data.length > 0 && <Table label={t('plans.coupons')} columns={columns} rows={coupons.data} id={(one) => one.id} name={(one) => one.code} onOpen={setOpen} more={coupons.hasNextPage ? { busy: coupons.isFetchingNextPage, load: () => void coupons.fetchNextPage() } : undefined} />}
      {coupons.data.length === 0 && <State icon={TicketPercent} title={t('coupons.none')} text={t('coupons.none_text')}>{add}</State>}
      <Side title={open === 'new' ? t('coupons.new') : t('plans.edit', { name: open?.code ?? '' })} open={open !== null} onClose={() => setOpen(null)}>
        <Inside old={open === 'new' ? null : open} onClose={() => setOpen(null)} />
      </Side>
    </>
  );
}
