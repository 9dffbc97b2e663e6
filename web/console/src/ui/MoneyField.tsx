/* MoneyField.tsx - an amount as it is typed, with its currency; nothing but digits of that currency goes through. */
import { Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { currencyOptions } from '../lib/countries';
import { decimalOf, exponentOf, minorOf } from '../lib/format';
import { t } from '../messages';
import css from './form.module.css';
import { useFieldError } from './Form';

export interface Amount {
  /** null: what stands in the field is no amount. */
  minor: number | null;
  currency: string;
}

interface Props {
  label: string;
  value: Amount;
  onChange: (value: Amount) => void;
  currencyFixed?: boolean;
  testid?: string;
}

export function MoneyField({ label, value, onChange, currencyFixed, testid }: Props) {
  const [typed, setTyped] = useState(value.minor === null ? '' : decimalOf(value.minor, exponentOf(value.currency)));
  const refused = useFieldError('amount_minor');
  const read = (text: string, currency: string) => onChange({ minor: minorOf(text, exponentOf(currency)), currency });
  const bad = typed.trim() !== '' && value.minor === null;
  return (
    <div className={css.money}>
      <TextInput label={label} value={typed} inputMode="decimal" required onChange={(event) => { setTyped(event.currentTarget.value); read(event.currentTarget.value, value.currency); }} error={bad ? t('money.bad', { digits: exponentOf(value.currency) }) : refused} data-testid={testid ?? 'amount'} />
      <Select label={t('money.currency')} data={currencyOptions()} value={value.currency} searchable disabled={currencyFixed} onChange={(currency) => { if (currency) read(typed, currency); }} />
    </div>
  );
}
