/* PriceForm.tsx - a price of a plan. A changed one is a new one: who subscribes keeps what they pay. */
import { NumberInput, Select } from '@mantine/core';
import { useState } from 'react';
import type { Plan, PlanPrice } from '@shared/api/client';
import { usePricePut } from '../../api/sell';
import { countryOptions } from '../../lib/countries';
import { t } from '../../messages';
import { Form, Side, whole } from '../../ui/Form';
import { MoneyField, type Amount } from '../../ui/MoneyField';
import { say } from '../../ui/Toasts';
import css from './plans.module.css';

interface Of {
  plan: Plan;
  price: PlanPrice | null;
}

function Inside({ plan, price, onClose }: Of & { onClose: () => void }) {
  const put = usePricePut();
  const [amount, setAmount] = useState<Amount>({ minor: price?.price?.minor ?? null, currency: price?.price?.currency ?? plan.prices[0]?.price?.currency ?? 'EUR' });
  const [country, setCountry] = useState(price?.country ?? null);
  const [months, setMonths] = useState(String(price?.months ?? 1));
  const save = (data: FormData) => {
    if (amount.minor === null) return;
    const body = { months: Number(months), currency: amount.currency, amount_minor: amount.minor, trial_days: whole(data, 'trial_days'), ...(country ? { country } : {}) };
    put.mutate({ slug: plan.slug, body }, { onSuccess: () => { say(t('plans.price_saved')); onClose(); } });
  };
  const stop = () => {
    if (price?.price) put.mutate({ slug: plan.slug, body: { months: price.months, currency: price.price.currency, amount_minor: price.price.minor, trial_days: price.trial_days, active: false, ...(price.country ? { country: price.country } : {}) } }, { onSuccess: () => { say(t('plans.price_gone')); onClose(); } });
  };
  return (
    <Form error={put.error} busy={put.isPending} onSubmit={save} onCancel={onClose}>
      <MoneyField label={t('plans.price')} value={amount} onChange={setAmount} currencyFixed={price !== null} />
      <Select label={t('plans.interval')} data={[{ value: '1', label: t('plans.a_month') }, { value: '12', label: t('plans.a_year') }]} value={months} onChange={(value) => setMonths(value ?? '1')} disabled={price !== null} />
      <Select label={t('plans.country')} placeholder={t('plans.everywhere')} data={countryOptions()} value={country} onChange={setCountry} searchable clearable allowDeselect disabled={price !== null} clearButtonProps={{ 'aria-label': t('filter.clear') }} />
      <NumberInput name="trial_days" label={t('plans.trial_days')} defaultValue={price?.trial_days ?? 0} min={0} max={365} allowDecimal={false} />
      <p className={css.note}>{t('plans.price_note')}</p>
      {price && <button type="button" className={css.stop} onClick={stop}>{t('plans.stop_price')}</button>}
    </Form>
  );
}

export function PriceForm({ of, onClose }: { of: Of | null; onClose: () => void }) {
  return (
    <Side title={of?.price ? t('plans.change_price') : t('plans.add_price')} open={of !== null} onClose={onClose}>
      {of && <Inside plan={of.plan} price={of.price} onClose={onClose} />}
    </Side>
  );
}
