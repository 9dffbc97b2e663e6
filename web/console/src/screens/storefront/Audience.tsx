/* Audience.tsx - who sees a row or a billboard: when, where, on what, and in whose profile. */
import { MultiSelect, Select, Switch, TextInput } from '@mantine/core';
import type { Billboard } from '@shared/api/client';
import { countryOptions } from '../../lib/countries';
import { localOf, momentOf } from '../../lib/moment';
import { t } from '../../messages';
import css from './storefront.module.css';

type Value = Pick<Billboard, 'enabled' | 'starts_at' | 'ends_at' | 'countries' | 'except' | 'platforms' | 'profiles'>;
const platforms = ['web', 'tv', 'phone', 'other'] as const;
const profiles = ['all', 'adults', 'kids'] as const;

export function Audience({ value, fault, onChange }: { value: Value; fault: (field: string) => string | undefined; onChange: (part: Value, step?: string) => void }) {
  const countries = countryOptions();
  const places = (field: 'countries' | 'except', label: string, placeholder: string) => (
    <MultiSelect
      label={label} data={countries} value={value[field] ?? []} onChange={(list) => onChange({ [field]: list })} searchable hidePickedOptions maxDropdownHeight={220} error={fault(field)}
      placeholder={value[field]?.length ? undefined : placeholder} nothingFoundMessage={t('front.no_country')} data-testid={`audience-${field}`}
    />
  );
  return (
    <fieldset className={css.audience}>
      <legend className={css.legend}>{t('front.audience')}</legend>
      <Switch label={t('front.enabled')} checked={value.enabled !== false} onChange={(event) => onChange({ enabled: event.currentTarget.checked ? undefined : false })} />
      <div className={css.grid}>
        <TextInput type="datetime-local" label={t('front.starts')} value={localOf(value.starts_at)} onChange={(event) => onChange({ starts_at: momentOf(event.currentTarget.value) }, 'starts')} error={fault('starts_at')} data-testid="starts" />
        <TextInput type="datetime-local" label={t('front.ends')} value={localOf(value.ends_at)} onChange={(event) => onChange({ ends_at: momentOf(event.currentTarget.value) }, 'ends')} error={fault('ends_at')} data-testid="ends" />
        {places('countries', t('front.only_in'), t('plans.everywhere'))}
        {places('except', t('front.but_not_in'), t('front.nowhere'))}
        <MultiSelect label={t('front.on')} data={platforms.map((one) => ({ value: one, label: t(`platform.${one}`) }))} value={value.platforms ?? []} onChange={(list) => onChange({ platforms: platforms.filter((one) => list.includes(one)) })} placeholder={value.platforms?.length ? undefined : t('front.any_device')} hidePickedOptions />
        <Select label={t('front.for')} data={profiles.map((one) => ({ value: one, label: t(`profiles.${one}`) }))} value={value.profiles ?? 'all'} onChange={(one) => onChange({ profiles: profiles.find((name) => name === one) })} />
      </div>
    </fieldset>
  );
}
