/* OfferForm.tsx - an offer as a whole: what, which titles, for how much, where and when. Kind and plan stay what they were. */
import { Checkbox, MultiSelect, NumberInput, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Offer } from '@shared/api/client';
import { dayStart } from '../../api/house';
import { useOfferPut, usePlans } from '../../api/sell';
import { countryOptions } from '../../lib/countries';
import { idNew } from '../../lib/id';
import { t } from '../../messages';
import { Form, Side, text, whole } from '../../ui/Form';
import { MoneyField, type Amount } from '../../ui/MoneyField';
import { TitlePicker } from '../../ui/TitlePicker';
import { say } from '../../ui/Toasts';
import { kinds, kindText } from './kinds';

const dayOf = (at: string | null | undefined): string => at?.slice(0, 10) ?? '';

function Inside({ offer, onClose }: { offer: Offer | null; onClose: () => void }) {
  const put = useOfferPut();
  const plans = usePlans();
  const [kind, setKind] = useState<Offer['kind']>(offer?.kind ?? 'rental');
  const [titles, setTitles] = useState<string[]>(offer?.title_ids ?? []);
  const [all, setAll] = useState(offer?.all_titles ?? false);
  const [countries, setCountries] = useState<string[]>(offer?.countries ?? []);
  const [plan, setPlan] = useState<string | null>(offer?.plan ?? null);
  const first = offer?.prices.find((one) => !one.country) ?? offer?.prices[0];
  const [amount, setAmount] = useState<Amount>({ minor: first?.price?.minor ?? null, currency: first?.price?.currency ?? 'EUR' });
  const priced = kind === 'rental' || kind === 'purchase';
  const save = (data: FormData) => {
    if (priced && amount.minor === null) return;
    const own = { currency: amount.currency, amount_minor: amount.minor ?? 0, ...(first?.country ? { country: first.country } : {}) };
    /* Prices of other places stay as they are. */
    const others = (offer?.prices ?? []).filter((one) => one !== first && one.price).map((one) => ({ currency: one.price!.currency, amount_minor: one.price!.minor, ...(one.country ? { country: one.country } : {}) }));
    const [from, until] = [dayStart(text(data, 'from')), dayStart(text(data, 'until'), 1)];
    const body = {
      kind, name: text(data, 'name'), all_titles: all, title_ids: all ? [] : titles, countries, active: data.has('active'),
      ...(kind === 'plan' && plan ? { plan } : {}), ...(priced ? { prices: [own, ...others] } : {}),
      ...(kind === 'rental' ? { start_days: whole(data, 'start_days'), finish_hours: whole(data, 'finish_hours') } : {}),
      ...(from ? { from_at: from } : {}), ...(until ? { until_at: until } : {}),
    };
    put.mutate({ id: offer?.id ?? idNew(), body }, { onSuccess: () => { say(t('offers.saved', { name: body.name })); onClose(); } });
  };
  return (
    <Form error={put.error} busy={put.isPending} onSubmit={save} onCancel={onClose}>
      <TextInput name="name" label={t('title.name')} defaultValue={offer?.name} required maxLength={100} data-autofocus />
      <Select label={t('offers.kind')} data={kinds.map((one) => ({ value: one, label: kindText(one) }))} value={kind} onChange={(value) => setKind((value ?? 'rental') as Offer['kind'])} disabled={offer !== null} />
      {kind === 'plan' && <Select label={t('offers.plan')} data={(plans.data?.items ?? []).map((one) => ({ value: one.slug, label: one.name }))} value={plan} onChange={setPlan} disabled={offer !== null} required />}
      <Checkbox label={t('offers.all_titles')} checked={all} onChange={(event) => setAll(event.currentTarget.checked)} disabled={offer !== null} />
      {!all && <TitlePicker label={t('nav.titles')} value={titles} onChange={setTitles} />}
      {priced && <MoneyField label={t('plans.price')} value={amount} onChange={setAmount} />}
      {kind === 'rental' && <NumberInput name="start_days" label={t('offers.start_days')} defaultValue={offer?.start_days ?? 30} min={0} max={3650} allowDecimal={false} />}
      {kind === 'rental' && <NumberInput name="finish_hours" label={t('offers.finish_hours')} defaultValue={offer?.finish_hours ?? 48} min={0} max={8760} allowDecimal={false} />}
      <MultiSelect label={t('plans.country')} placeholder={countries.length ? undefined : t('plans.everywhere')} data={countryOptions()} value={countries} onChange={setCountries} searchable hidePickedOptions />
      <TextInput type="date" name="from" label={t('audit.from')} defaultValue={dayOf(offer?.from_at)} />
      <TextInput type="date" name="until" label={t('audit.until')} defaultValue={dayOf(offer?.until_at)} />
      <Checkbox name="active" label={t('offers.is_on')} defaultChecked={offer?.active ?? true} />
    </Form>
  );
}

export function OfferForm({ offer, onClose }: { offer: Offer | 'new' | null; onClose: () => void }) {
  const old = offer === 'new' ? null : offer;
  return (
    <Side title={old ? t('plans.edit', { name: old.name }) : t('offers.new')} open={offer !== null} onClose={onClose}>
      <Inside offer={old} onClose={onClose} />
    </Side>
  );
}
