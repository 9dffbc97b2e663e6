/* TitleSearch.tsx - one title after the other, found by typing a part of its name. */
import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type { TitleCard } from '@shared/api/client';
import { useTitleNames, useTitleSearch, type TitleRow } from '../api/titles';
import { t } from '../messages';

const cardOf = (row: TitleRow): TitleCard => ({ ...row, progress: null });
const labelOf = (row: TitleRow): string => [row.series ? `${row.series.name} · ${row.name}` : row.name, row.year, row.kind === 'film' ? '' : t(`kind.${row.kind}`)].filter(Boolean).join(' · ');

interface Props {
  label: string;
  without?: readonly string[];
  onPick: (card: TitleCard) => void;
  error?: string | undefined;
  testid?: string;
}

export function TitleSearch({ label, without = [], onPick, error, testid }: Props) {
  const [typed, setTyped] = useState('');
  const [late] = useDebouncedValue(typed.trim(), 200);
  const found = useTitleSearch(late);
  const newest = useTitleNames();
  const rows = (late ? found.data?.items : newest.data) ?? [];
  const left = rows.filter((row) => !without.includes(row.id));
  return (
    <Select
      label={label} placeholder={t('titles.search')} data={left.map((row) => ({ value: row.id, label: labelOf(row) }))} value={null} searchable searchValue={typed} onSearchChange={setTyped} error={error}
      filter={({ options }) => options} nothingFoundMessage={t('titles.none_found')} maxDropdownHeight={260} data-testid={testid}
      onChange={(id) => {
        const row = left.find((one) => one.id === id);
        setTyped('');
        if (row) onPick(cardOf(row));
      }}
    />
  );
}
