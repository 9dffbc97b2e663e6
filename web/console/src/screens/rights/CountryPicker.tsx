/* CountryPicker.tsx - countries one by one or by region; a region that is there as a whole is one word. */
import { MultiSelect } from '@mantine/core';
import { useMemo } from 'react';
import { countryOptions } from '../../lib/countries';
import { compressed, continentOf, expanded, regions, type Region } from '../../lib/regions';
import { countryName, t } from '../../messages';

const prefix = 'region:';
export const regionName = (name: Region): string => t(`region.${name}`);

/** "European Union, Switzerland"; '' for none. */
export function placesText(codes: readonly string[]): string {
  const { regions: whole, codes: left } = compressed(codes);
  return [...whole.map(regionName), ...left.map(countryName)].join(', ');
}

export function CountryPicker({ label, description, placeholder, value, onChange, testid }: { label: string; description?: string; placeholder: string; value: readonly string[]; onChange: (codes: string[]) => void; testid?: string }) {
  const data = useMemo(() => {
    const options = countryOptions();
    return [
      { group: t('region.regions'), items: (Object.keys(regions) as Region[]).filter((name) => regions[name].length > 1).map((name) => ({ value: prefix + name, label: `${regionName(name)} (${regions[name].length})` })) },
      ...(Object.keys(continentOf) as (keyof typeof continentOf)[]).map((name) => ({ group: regionName(name), items: options.filter((one) => continentOf[name].includes(one.value)) })),
    ];
  }, []);
  const { regions: whole, codes } = compressed(value);
  return (
    <MultiSelect
      label={label} description={description} placeholder={value.length ? undefined : placeholder} data={data} searchable hidePickedOptions maxDropdownHeight={280} nothingFoundMessage={t('region.none')}
      value={[...whole.map((name) => prefix + name), ...codes]} data-testid={testid}
      onChange={(list) => onChange(expanded(list.filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length) as Region), list.filter((one) => !one.startsWith(prefix))))}
    />
  );
}
