/* Filters.tsx - what the list shows: by words, by state, by language; a filter that is used often gets a name. */
import { Button, CloseButton, Menu, Modal, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks';
import { Bookmark, Check, Search, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { kinds, type TitleFilter } from '../../api/titles';
import { filterDrop, filterSave, filtersOf } from '../../lib/savedFilters';
import { t } from '../../messages';
import css from './titles.module.css';

const screen = 'titles';

export function Filters({ filter, onFilter }: { filter: TitleFilter; onFilter: (filter: TitleFilter) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(filter.q);
  const later = useDebouncedCallback((q: string) => onFilter({ ...filter, q }), 250);
  useEffect(() => setTyped((now) => (now.trim() === filter.q ? now : filter.q)), [filter.q]);
  useHotkeys([['/', () => field.current?.focus()]]);
  return (
    <div className={css.filters}>
      <TextInput
        ref={field} className={css.search} value={typed} aria-label={t('titles.search')} placeholder={t('titles.search')} leftSection={<Search size={15} aria-hidden />}
        onChange={(event) => { setTyped(event.currentTarget.value); later(event.currentTarget.value.trim()); }}
        rightSection={typed ? <CloseButton size="sm" aria-label={t('filter.clear')} onClick={() => { setTyped(''); onFilter({ ...filter, q: '' }); }} /> : null}
        data-testid="search"
      />
      <SegmentedControl
        size="sm" aria-label={t('titles.state')} value={filter.state} onChange={(state) => onFilter({ ...filter, state: state as TitleFilter['state'] })}
        data={[{ value: 'all', label: t('titles.all') }, { value: 'published', label: t('titles.published') }, { value: 'unpublished', label: t('titles.drafts') }]}
      />
      <Select className={css.lang} aria-label={t('titles.kind')} placeholder={t('titles.any_kind')} data={kinds.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))} value={filter.kind || null} onChange={(kind) => onFilter({ ...filter, kind: (kind ?? '') as TitleFilter['kind'] })} clearable allowDeselect clearButtonProps={{ 'aria-label': t('filter.clear') }} />
      <Select className={css.lang} aria-label={t('titles.missing')} placeholder={t('titles.missing')} data={(['artwork', 'text', 'video', 'rights'] as const).map((one) => ({ value: one, label: t(`missing.${one}`) }))} value={filter.missing || null} onChange={(missing) => onFilter({ ...filter, missing: (missing ?? '') as TitleFilter['missing'] })} clearable allowDeselect clearButtonProps={{ 'aria-label': t('filter.clear') }} />
      <Select className={css.lang} aria-label={t('titles.order')} data={(['new', 'updated', 'name', 'year'] as const).map((one) => ({ value: one, label: t(`sort.${one}`) }))} value={filter.sort} onChange={(sort) => onFilter({ ...filter, sort: (sort ?? 'new') as TitleFilter['sort'] })} />
      <Saved filter={filter} onFilter={onFilter} />
    </div>
  );
}

function Saved({ filter, onFilter }: { filter: TitleFilter; onFilter: (filter: TitleFilter) => void }) {
  const [list, setList] = useState(() => filtersOf<TitleFilter>(screen));
  const [naming, setNaming] = useState(false);
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name')).trim();
    if (name) setList(filterSave(screen, name, filter));
    setNaming(false);
  };
  return (
    <>
      <Menu width={260} position="bottom-end">
        <Menu.Target>
          <Button leftSection={<Bookmark size={15} aria-hidden />}>{t('filter.saved')}</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {list.map((one) => (
            <div key={one.name} className={css.savedRow}>
              <Menu.Item onClick={() => onFilter(one.filter)} dir="auto">{one.name}</Menu.Item>
              <Menu.Item closeMenuOnClick={false} aria-label={t('filter.forget', { name: one.name })} onClick={() => setList(filterDrop(screen, one.name))}>
                <Trash2 size={15} aria-hidden />
              </Menu.Item>
            </div>
          ))}
          {list.length > 0 && <Menu.Divider />}
          <Menu.Item leftSection={<Check size={15} aria-hidden />} onClick={() => setNaming(true)}>{t('filter.save')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={naming} onClose={() => setNaming(false)} title={t('filter.save')} size="sm" closeButtonProps={{ 'aria-label': t('action.close') }}>
        <form className={css.naming} onSubmit={save}>
          <TextInput className={css.search} name="name" label={t('filter.name')} required maxLength={60} data-autofocus />
          <Button type="submit" variant="filled">{t('action.save')}</Button>
        </form>
      </Modal>
    </>
  );
}
