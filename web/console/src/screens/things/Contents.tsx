/* Contents.tsx - the titles of a collection: found by a part of their name, put into their order. */
import { ActionIcon } from '@mantine/core';
import { X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { useCollectionTitles } from '../../api/things';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import { moved, Sortable } from '../../ui/Sortable';
import { TitleSearch } from '../../ui/TitleSearch';
import css from './things.module.css';

export function Contents({ id, ids, onChange }: { id: string | null; ids: string[]; onChange: (ids: string[]) => void }) {
  const loaded = useCollectionTitles(id);
  const [added, setAdded] = useState<ReadonlyMap<string, string>>(new Map());
  const known = useMemo(() => new Map([...(loaded.data ?? []).map((one) => [one.id, one.name] as const), ...added]), [loaded.data, added]);
  const name = (title: string): string => known.get(title) ?? (loaded.isPending && id ? '…' : t('front.gone_title'));
  return (
    <Panel id="contents" title={t('things.of_collection')}>
      <div className={css.form}>
        <TitleSearch label={t('things.add_title')} without={ids} onPick={(card) => { setAdded(new Map([...added, [card.id, card.name]])); onChange([...ids, card.id]); }} testid="pick" />
        {ids.length === 0 && <p className={css.none}>{t('things.no_titles')}</p>}
        <Sortable label={t('things.of_collection')} items={ids} id={(one) => one} name={name} onMove={(from, to) => onChange(moved(ids, from, to))}>
          {(one) => (
            <div className={css.row} data-testid="picked">
              <Link to={`/titles/${one}`} className={css.link} dir="auto">{name(one)}</Link>
              <ActionIcon className={css.end} variant="subtle" color="gray" aria-label={t('front.drop', { name: name(one) })} onClick={() => onChange(ids.filter((other) => other !== one))}><X size={15} aria-hidden /></ActionIcon>
            </div>
          )}
        </Sortable>
      </div>
    </Panel>
  );
}
