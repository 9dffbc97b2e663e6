/* Taxes.tsx - what each country takes, from the next invoice on. */
import { Button, Checkbox, NumberInput, Select, TextInput } from '@mantine/core';
import { Landmark, Plus } from 'lucide-react';
import { useState } from 'react';
import type { TaxRow } from '@shared/api/client';
import { useTaxes, useTaxPut } from '../../api/sell';
import { countryOptions } from '../../lib/countries';
import { percentText } from '../../lib/format';
import { countryName, t } from '../../messages';
import { Form, Side, text } from '../../ui/Form';
import { Failure, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { say } from '../../ui/Toasts';
import css from './plans.module.css';

const columns: Column<TaxRow>[] = [
  { key: 'country', head: t('plans.country'), lead: true, cell: (one) => <strong>{countryName(one.country)}</strong> },
  { key: 'name', head: t('title.name'), cell: (one) => one.name },
  { key: 'rate', head: t('taxes.rate'), number: true, cell: (one) => percentText(one.rate_bp) },
  { key: 'in', head: t('taxes.prices'), cell: (one) => (one.inclusive ? t('taxes.in') : t('taxes.on_top')) },
];

function Inside({ old, onClose }: { old: TaxRow | null; onClose: () => void }) {
  const put = useTaxPut();
  const [country, setCountry] = useState(old?.country ?? null);
  const save = (data: FormData) => {
    if (country) put.mutate({ country, body: { name: text(data, 'name'), rate_bp: Math.round(Number.parseFloat(text(data, 'rate').replace(',', '.')) * 100), inclusive: data.has('inclusive') } }, { onSuccess: () => { say(t('taxes.saved')); onClose(); } });
  };
  return (
    <Form error={put.error} busy={put.isPending} onSubmit={save} onCancel={onClose}>
      <Select label={t('plans.country')} data={countryOptions()} value={country} onChange={setCountry} searchable required disabled={old !== null} />
      <TextInput name="name" label={t('title.name')} description={t('taxes.name_hint')} defaultValue={old?.name ?? 'VAT'} required maxLength={40} />
      <NumberInput name="rate" label={t('taxes.rate')} defaultValue={(old?.rate_bp ?? 1900) / 100} min={0} max={100} decimalScale={2} suffix=" %" required />
      <Checkbox name="inclusive" label={t('taxes.inclusive')} defaultChecked={old?.inclusive ?? true} />
    </Form>
  );
}

export function Taxes() {
  const taxes = useTaxes();
  const [open, setOpen] = useState<TaxRow | 'new' | null>(null);
  const add = <Button variant="filled" leftSection={<Plus size={16} aria-hidden />} onClick={() => setOpen('new')}>{t('taxes.new')}</Button>;
  if (taxes.isError) return <Failure error={taxes.error} onRetry={() => void taxes.refetch()} />;
  if (taxes.isPending) return <RowsSkeleton />;
  const list = taxes.data.items;
  return (
    <>
      {list.length > 0 && <div className={css.tools}>{add}</div>}
      {list.length > 0 && <Table label={t('plans.taxes')} columns={columns} rows={list} id={(one) => one.country} name={(one) => countryName(one.country)} onOpen={setOpen} />}
      {list.length === 0 && <State icon={Landmark} title={t('taxes.none')} text={t('taxes.none_text')}>{add}</State>}
      <Side title={open === 'new' || !open ? t('taxes.new') : countryName(open.country)} open={open !== null} onClose={() => setOpen(null)}>
        <Inside old={open === 'new' ? null : open} onClose={() => setOpen(null)} />
      </Side>
    </>
  );
}
