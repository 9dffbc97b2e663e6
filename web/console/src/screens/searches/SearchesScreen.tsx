/* SearchesScreen.tsx - what people looked for and did not find, the most wanted first; a row is answered by the title that was meant. */
import { Button, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { SearchCheck } from 'lucide-react';
import { useState } from 'react';
import type { SearchMiss } from '@shared/api/client';
import { useMisses, useMissSettle } from '../../api/searches';
import { useTitleNames, useTitleSearch } from '../../api/titles';
import { dayText, momentText, numberText } from '../../lib/format';
import { t } from '../../messages';
import { Form, Side } from '../../ui/Form';
import { Page } from '../../ui/Page';
import { Failure, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { say } from '../../ui/Toasts';
import css from './searches.module.css';

const columns: Column<SearchMiss>[] = [
  { key: 'query', head: t('searches.query'), lead: true, cell: (row) => <strong className={css.query} dir="auto">{row.query}</strong> },
  { key: 'times', head: t('searches.times'), number: true, width: '8rem', cell: (row) => numberText(row.searches) },
  { key: 'first', head: t('searches.first'), number: true, width: '10rem', from: 900, cell: (row) => <time dateTime={row.first_at}>{dayText(row.first_at)}</time> },
  { key: 'last', head: t('searches.last'), number: true, width: '12rem', cell: (row) => <time dateTime={row.last_at}>{momentText(row.last_at)}</time> },
];

interface Named {
  id: string;
  name: string;
}

/** One title, by typing a part of its name. */
function Title({ value, error, onChange }: { value: Named | null; error: string | undefined; onChange: (title: Named | null) => void }) {
  const [typed, setTyped] = useState('');
  const [late] = useDebouncedValue(typed.trim(), 200);
  const found = useTitleSearch(late === value?.name ? '' : late);
  const names = useTitleNames();
  const titles = [...(late && late !== value?.name ? (found.data?.items ?? []) : (names.data ?? []))];
  const known = new Map(titles.map(({ id, name }) => [id, name]));
  if (value) known.set(value.id, value.name);
  return (
    <Select
      label={t('searches.title')} placeholder={t('titles.search')} data={[...known].map(([id, name]) => ({ value: id, label: name }))} value={value?.id ?? null}
      onChange={(id) => onChange(id ? { id, name: known.get(id) ?? '' } : null)} searchable clearable searchValue={typed} onSearchChange={setTyped}
      filter={({ options }) => options} nothingFoundMessage={t('titles.none_found')} maxDropdownHeight={220} error={error} data-autofocus
    />
  );
}

function Answer({ row, onClose }: { row: SearchMiss; onClose: () => void }) {
  const settle = useMissSettle();
  const [title, setTitle] = useState<Named | null>(null);
  const done = (text: string) => () => {
    say(text);
    onClose();
  };
  const [bare, setBare] = useState(false);
  const answer = () => {
    setBare(!title);
    if (title) settle.mutate({ query: row.query, title: title.id }, { onSuccess: done(t('searches.answered', { query: row.query, title: title.name })) });
  };
  return (
    <>
      <p className={css.asked} dir="auto">{row.query}</p>
      <Form error={settle.error} busy={settle.isPending} onSubmit={answer} onCancel={onClose}>
        <Title value={title} onChange={setTitle} error={bare && !title ? t('searches.choose') : undefined} />
        <p className={css.note}>{t('searches.note')}</p>
      </Form>
      <Button className={css.forget} disabled={settle.isPending} onClick={() => settle.mutate({ query: row.query, title: null }, { onSuccess: done(t('searches.forgotten', { query: row.query })) })}>{t('searches.forget')}</Button>
    </>
  );
}

export function SearchesScreen() {
  const misses = useMisses();
  const [open, setOpen] = useState<SearchMiss | null>(null);
  return (
    <Page title={t('nav.searches')} lead={t('searches.lead')}>
      {misses.isError && <Failure error={misses.error} onRetry={() => void misses.refetch()} />}
      {misses.isPending && <RowsSkeleton />}
      {misses.data && misses.data.length > 0 && (
        <Table
          label={t('nav.searches')} columns={columns} rows={misses.data} id={(row) => row.query} name={(row) => row.query} onOpen={setOpen} current={open?.query}
          more={misses.hasNextPage ? { busy: misses.isFetchingNextPage, load: () => void misses.fetchNextPage() } : undefined}
        />
      )}
      {misses.data?.length === 0 && <State icon={SearchCheck} title={t('searches.none')} text={t('searches.none_text')} />}
      <Side title={t('searches.what')} open={open !== null} onClose={() => setOpen(null)}>
        {open && <Answer key={open.query} row={open} onClose={() => setOpen(null)} />}
      </Side>
    </Page>
  );
}
