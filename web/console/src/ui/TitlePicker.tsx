/* TitlePicker.tsx - titles chosen by typing a part of their name. */
import { MultiSelect } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useTitleNames, useTitleSearch } from '../api/titles';
import { t } from '../messages';

export function TitlePicker({ label, value, onChange }: { label: string; value: string[]; onChange: (ids: string[]) => void }) {
  const [typed, setTyped] = useState('');
  const [late] = useDebouncedValue(typed.trim(), 200);
  const found = useTitleSearch(late);
  const names = useTitleNames();
  const known = new Map([...(names.data ?? []), ...(found.data?.items ?? [])].map((title) => [title.id, title.name]));
  const options = [...new Set([...value, ...known.keys()])].map((id) => ({ value: id, label: known.get(id) ?? id }));
  return (
    <MultiSelect
      label={label} placeholder={t('titles.search')} data={options} value={value} onChange={onChange} searchable searchValue={typed} onSearchChange={setTyped}
      filter={({ options: all }) => all} hidePickedOptions nothingFoundMessage={t('titles.none_found')} maxDropdownHeight={220}
    />
  );
}
