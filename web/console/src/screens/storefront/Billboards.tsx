/* Billboards.tsx - the titles that stand large at the top of the page, in turns. Where there is none, the newest does. */
import { ActionIcon } from '@mantine/core';
import { ChevronDown, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { FieldError } from '@shared/api/client';
import type { Board } from '../../api/storefront';
import { t } from '../../messages';
import { Names } from '../../ui/Names';
import { Panel } from '../../ui/Page';
import { moved, Sortable } from '../../ui/Sortable';
import { Tag } from '../../ui/Tag';
import { Thumb } from '../../ui/Thumb';
import { TitleSearch } from '../../ui/TitleSearch';
import type { Cards } from './Arrange';
import { Audience } from './Audience';
import { audienceText, boardNew, stateOf, textNow } from './rows';
import { faultsOf, tones } from './RowList';
import css from './storefront.module.css';

interface Props {
  boards: Board[];
  cards: Cards;
  faults: FieldError[];
  onChange: (boards: Board[], step?: string) => void;
}
const MOST = 20;

export function Billboards({ boards, cards, faults, onChange }: Props) {
  const [open, setOpen] = useState<string | null>(null);
  const name = (board: Board): string => cards.of(board.title_id)?.name ?? t('front.gone_title');
  return (
    <Panel id="boards" title={t('front.boards')} lead={t('front.boards_lead')}>
      <Sortable label={t('front.boards')} items={boards} id={(board) => board.id} name={name} onMove={(from, to) => onChange(moved(boards, from, to))}>
        {(board, i) => {
          const own = faultsOf(faults, 'boards', i).concat(faultsOf(faults, 'billboards', i));
          const fault = (field: string): string | undefined => own.find((one) => one.field === field)?.detail;
          const state = stateOf(board);
          const sub = [textNow(board.headline), audienceText(board)].filter(Boolean).join(' · ');
          const change = (next: Board, step?: string) => onChange(boards.map((one) => (one.id === board.id ? next : one)), step && `${board.id}.${step}`);
          return (
            <div className={css.part} data-testid="front-board">
              <div className={css.line}>
                <button type="button" className={css.toggle} aria-expanded={open === board.id} onClick={() => setOpen(open === board.id ? null : board.id)} data-off={state === 'on' ? undefined : true}>
                  <ChevronDown size={16} aria-hidden className={css.chevron} />
                  <Thumb image={cards.of(board.title_id)?.still ?? null} />
                  <span className={css.names}>
                    <span className={css.name} dir="auto">{name(board)}</span>
                    {sub && <span className={css.sub} dir="auto">{sub}</span>}
                  </span>
                  {state !== 'on' && <Tag tone={tones[state]}>{t(`front.${state}`)}</Tag>}
                  {own.length > 0 && <Tag tone="bad">{t('front.look_again')}</Tag>}
                </button>
                <ActionIcon variant="subtle" color="gray" aria-label={t('front.drop', { name: name(board) })} onClick={() => onChange(boards.filter((one) => one.id !== board.id))}><Trash2 size={15} aria-hidden /></ActionIcon>
              </div>
              {open === board.id && (
                <div className={css.form}>
                  <Names label={t('front.headline')} value={board.headline ?? {}} error={fault('headline')} onChange={(headline, lang) => change({ ...board, headline }, `headline.${lang}`)} testid="headline" />
                  <Audience value={board} fault={fault} onChange={(part, step) => change({ ...board, ...part }, step)} />
                </div>
              )}
            </div>
          );
        }}
      </Sortable>
      {boards.length < MOST && <TitleSearch label={t('front.add_board')} onPick={(card) => { cards.keep(card); onChange([...boards, boardNew(card.id)]); }} testid="add-board" />}
    </Panel>
  );
}
