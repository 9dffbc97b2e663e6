/* Picks.tsx - titles chosen by hand: found by a part of their name, put into their order. */
import { ActionIcon } from '@mantine/core';
import { X } from 'lucide-react';
import { t } from '../../messages';
import { moved, Sortable } from '../../ui/Sortable';
import { Thumb } from '../../ui/Thumb';
import { TitleSearch } from '../../ui/TitleSearch';
import type { Cards } from './Arrange';
import css from './storefront.module.css';

export function Picks({ ids, cards, fault, onChange }: { ids: string[]; cards: Cards; fault: string | undefined; onChange: (ids: string[]) => void }) {
  const name = (id: string): string => cards.of(id)?.name ?? t('front.gone_title');
  return (
    <div className={css.picks}>
      <TitleSearch label={t('front.titles')} error={fault} without={ids} onPick={(card) => { cards.keep(card); onChange([...ids, card.id]); }} testid="pick" />
      <Sortable label={t('front.titles')} items={ids} id={(id) => id} name={name} onMove={(from, to) => onChange(moved(ids, from, to))}>
        {(id) => (
          <div className={css.pick} data-testid="picked">
            <Thumb image={cards.of(id)?.still ?? null} />
            <span className={css.name} dir="auto">{name(id)}</span>
            <ActionIcon variant="subtle" color="gray" aria-label={t('front.drop', { name: name(id) })} onClick={() => onChange(ids.filter((one) => one !== id))}><X size={15} aria-hidden /></ActionIcon>
          </div>
        )}
      </Sortable>
    </div>
  );
}
