/* RowList.tsx - the rows of the page in their order; one is opened at a time to be filled, named and given its audience. */
import { ActionIcon, Button, Menu } from '@mantine/core';
import { ChevronDown, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { FieldError } from '@shared/api/client';
import type { Row } from '../../api/storefront';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import { moved, Sortable } from '../../ui/Sortable';
import { Tag } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import type { Cards } from './Arrange';
import { RowForm } from './RowForm';
import { audienceText, kindHint, kinds, kindText, rowName, rowNew, stateOf, type Kind } from './rows';
import css from './storefront.module.css';

export const tones = { off: 'plain', ahead: 'info', over: 'plain', on: 'good' } as const;

interface Props {
  rows: Row[];
  services: string[];
  cards: Cards;
  faults: FieldError[];
  onChange: (rows: Row[], step?: string) => void;
}

/** "rows[2].titles" of the server's answer, of one row. */
export const faultsOf = (faults: readonly FieldError[], list: string, at: number): FieldError[] =>
  faults.filter((one) => one.field.startsWith(`${list}[${at}]`)).map((one) => ({ ...one, field: one.field.slice(`${list}[${at}].`.length).split(/[.[]/)[0]! }));

export function RowList({ rows, services, cards, faults, onChange }: Props) {
  const [open, setOpen] = useState<string | null>(null);
  const add = (row: Row) => {
    onChange([...rows, row]);
    setOpen(row.id);
  };
  const drop = (row: Row) => {
    onChange(rows.filter((one) => one.id !== row.id));
    say(t('front.row_gone', { name: rowName(row) }));
  };
  const unused = services.filter((name) => !rows.some((row) => row.service === name));
  const menu = (
    <Menu position="bottom-end" width={320}>
      <Menu.Target>
        <Button size="xs" leftSection={<Plus size={13} aria-hidden />} data-testid="add-row">{t('front.add_row')}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {kinds.map((kind: Kind) => (
          <Menu.Item key={kind} onClick={() => add(rowNew(kind))} data-testid={`add-${kind}`}>
            <span className={css.kind}>{kindText(kind)}</span>
            <span className={css.hint}>{kindHint(kind)}</span>
          </Menu.Item>
        ))}
        {unused.map((name) => <Menu.Item key={name} onClick={() => add({ ...rowNew('service'), service: name })}>{name}</Menu.Item>)}
      </Menu.Dropdown>
    </Menu>
  );
  return (
    <Panel id="rows" title={t('front.rows')} lead={t('front.rows_lead')} actions={menu}>
      {rows.length === 0 && <p className={css.none}>{t('front.no_rows')}</p>}
      <Sortable label={t('front.rows')} items={rows} id={(row) => row.id} name={rowName} onMove={(from, to) => onChange(moved(rows, from, to))}>
        {(row, i) => {
          const own = faultsOf(faults, 'rows', i);
          const state = stateOf(row);
          const more = [textOf(row), audienceText(row)].filter(Boolean).join(' · ');
          return (
            <div data-testid="front-row" data-kind={row.kind} data-bad={own.length > 0 || undefined} className={css.part}>
              <div className={css.line}>
                <button type="button" className={css.toggle} aria-expanded={open === row.id} onClick={() => setOpen(open === row.id ? null : row.id)} data-off={state === 'on' ? undefined : true}>
                  <ChevronDown size={16} aria-hidden className={css.chevron} />
                  <span className={css.names}>
                    <span className={css.name} dir="auto">{rowName(row)}</span>
                    {more && <span className={css.sub}>{more}</span>}
                  </span>
                  {state !== 'on' && <Tag tone={tones[state]}>{t(`front.${state}`)}</Tag>}
                  {own.length > 0 && <Tag tone="bad">{t('front.look_again')}</Tag>}
                </button>
                <ActionIcon variant="subtle" color="gray" aria-label={t('front.drop', { name: rowName(row) })} onClick={() => drop(row)}><Trash2 size={15} aria-hidden /></ActionIcon>
              </div>
              {open === row.id && <RowForm row={row} cards={cards} faults={own} onChange={(next, step) => onChange(rows.map((one) => (one.id === row.id ? next : one)), step && `${row.id}.${step}`)} />}
            </div>
          );
        }}
      </Sortable>
    </Panel>
  );
}

/** What fills it, where its name does not say so already. */
function textOf(row: Row): string {
  if (row.kind === 'curated') return t('front.picks', { count: row.items?.length ?? 0 });
  return rowName(row) === kindText(row.kind) ? '' : kindText(row.kind);
}
