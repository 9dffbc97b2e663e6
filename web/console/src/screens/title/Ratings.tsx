/* Ratings.tsx - the age ratings that countries' boards have given, each with a label of its own system. */
import { ActionIcon, Select } from '@mantine/core';
import { Trash2 } from 'lucide-react';
import type { EditorRating } from '@shared/api/client';
import { useRatingSystems } from '../../api/describe';
import type { Autosave, Fields } from '../../lib/autosave';
import { countryName, t } from '../../messages';
import { Panel } from '../../ui/Page';
import { Failure, RowsSkeleton } from '../../ui/States';
import css from './labels.module.css';

type Doc = Autosave<Fields>;

export function Ratings({ doc }: { doc: Doc }) {
  const query = useRatingSystems();
  if (query.isError) return <Panel id="ratings" title={t('ratings.title')}><Failure error={query.error} onRetry={() => void query.refetch()} /></Panel>;
  const systems = query.data ?? [];
  const list = (doc.draft.ratings as EditorRating[] | undefined) ?? [];
  const of = (system: string) => systems.find((one) => one.system === system);
  const nameOf = (system: string): string => {
    const one = of(system);
    return one ? `${countryName(one.country)} · ${one.system}` : system;
  };
  const labels = (system: string) => (of(system)?.labels ?? []).map(({ label, age }) => ({ value: label, label: age ? t('ratings.label', { label, age }) : label }));
  const left = systems.filter((one) => !list.some((rating) => rating.system === one.system)).map((one) => ({ value: one.system, label: nameOf(one.system) })).sort((a, b) => a.label.localeCompare(b.label));
  const set = (next: EditorRating[]) => doc.edit('ratings', next);
  /* It counts from the moment that it stands there: the strictest until another is chosen. */
  const add = (system: string) => {
    const strictest = of(system)?.labels.reduce((a, b) => (b.age > a.age ? b : a));
    if (strictest) set([...list, { system, label: strictest.label, age: strictest.age }]);
  };
  return (
    <Panel id="ratings" title={t('ratings.title')} lead={t('ratings.lead')}>
      {query.isPending && <RowsSkeleton rows={1} />}
      <ul className={css.list}>
        {list.map((one, i) => (
          <li key={one.system} className={css.rating} data-testid="rating">
            <span className={css.name} title={of(one.system)?.name}>{nameOf(one.system)}</span>
            <Select size="xs" className={css.label} aria-label={t('ratings.of', { name: nameOf(one.system) })} data={labels(one.system)} value={one.label} onChange={(label) => label && set(list.map((other, k) => (k === i ? { ...other, label, age: of(one.system)?.labels.find((known) => known.label === label)?.age } : other)))} />
            <ActionIcon variant="subtle" color="gray" aria-label={t('ratings.remove', { name: nameOf(one.system) })} onClick={() => set(list.filter((_, k) => k !== i))}><Trash2 size={15} aria-hidden /></ActionIcon>
          </li>
        ))}
      </ul>
      <Select className={css.add} aria-label={t('ratings.add')} placeholder={t('ratings.add')} data={left} value={null} searchable nothingFoundMessage={t('ratings.no_system')} onChange={(system) => system && add(system)} data-testid="add-rating" />
    </Panel>
  );
}
