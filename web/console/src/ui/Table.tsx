/*
 * Table.tsx - rows of things: a sticky head, numbers at the right, a row that is opened by Enter and chosen by Space or X,
 * moved over by the arrows (or J and K). On a telephone each row becomes a card; its columns say there what they are.
 */
import { Button, Checkbox, VisuallyHidden } from '@mantine/core';
import { useRef, type KeyboardEvent, type ReactNode } from 'react';
import { t } from '../messages';
import css from './table.module.css';

export interface Column<Row> {
  key: string;
  head: string;
  cell: (row: Row) => ReactNode;
  /** Numbers, at the right and tabular. */
  number?: boolean;
  /** What a card of the telephone starts with, without its name. */
  lead?: boolean;
  /** Left out below this many pixels, other than in a card. */
  from?: 900 | 1200;
  width?: string;
}

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  id: (row: Row) => string;
  /** How a row is called, for who cannot see it. */
  name: (row: Row) => string;
  onOpen?: (row: Row) => void;
  chosen?: ReadonlySet<string>;
  onChoose?: (chosen: Set<string>) => void;
  more?: { busy: boolean; load: () => void } | undefined;
  current?: string | undefined;
}

/** From the row that was chosen last to this one, as a file manager does it with Shift. */
export function rangeBetween(ids: string[], from: string | null, to: string): string[] {
  const a = from === null ? -1 : ids.indexOf(from);
  const b = ids.indexOf(to);
  return a < 0 || b < 0 ? [to] : ids.slice(Math.min(a, b), Math.max(a, b) + 1);
}

export function Table<Row>({ label, columns, rows, id, name, onOpen, chosen, onChoose, more, current }: Props<Row>) {
  const last = useRef<string | null>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const ids = rows.map(id);
  const toggle = (row: string, range: boolean) => {
    if (!chosen || !onChoose) return;
    const next = new Set(chosen);
    const on = !chosen.has(row);
    for (const one of range ? rangeBetween(ids, last.current, row) : [row]) on ? next.add(one) : next.delete(one);
    last.current = row;
    onChoose(next);
  };
  const keys = (event: KeyboardEvent<HTMLTableRowElement>, row: Row) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = [...(body.current?.rows ?? [])];
    const at = all.indexOf(event.currentTarget);
    const go = (to: number) => all[Math.max(0, Math.min(all.length - 1, to))]?.focus();
    const acts: Record<string, () => void> = {
      ArrowDown: () => go(at + 1), j: () => go(at + 1), ArrowUp: () => go(at - 1), k: () => go(at - 1), Home: () => go(0), End: () => go(all.length - 1),
      Enter: () => onOpen?.(row), ' ': () => toggle(id(row), event.shiftKey), x: () => toggle(id(row), event.shiftKey),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const every = chosen !== undefined && rows.length > 0 && ids.every((one) => chosen.has(one));
  const some = chosen !== undefined && ids.some((one) => chosen.has(one));
  return (
    <div className={css.frame}>
      <table className={css.table} aria-label={label}>
        <thead>
          <tr>
            {onChoose && (
              <th className={css.choose}>
                <Checkbox size="xs" aria-label={t('table.choose_all')} checked={every} indeterminate={some && !every} onChange={() => onChoose(every ? new Set() : new Set(ids))} />
              </th>
            )}
            {columns.map((column) => (
              <th key={column.key} scope="col" data-number={column.number} data-from={column.from} style={column.width ? { width: column.width } : undefined}>
                {column.head || <VisuallyHidden>{t('table.acts')}</VisuallyHidden>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row, i) => {
            const own = id(row);
            return (
              <tr
                key={own}
                tabIndex={i === 0 || own === current ? 0 : -1}
                data-open={onOpen ? true : undefined}
                data-chosen={chosen?.has(own) || undefined}
                data-current={own === current || undefined}
                data-testid="row"
                onKeyDown={(event) => keys(event, row)}
                onClick={(event) => {
                  if ((event.target as Element).closest('a, button, input, label, td[data-choose]')) return;
                  onOpen?.(row);
                }}
              >
                {onChoose && (
                  <td className={css.choose} data-choose>
                    <Checkbox size="xs" aria-label={t('table.choose', { name: name(row) })} checked={chosen?.has(own) ?? false} onChange={(event) => toggle(own, (event.nativeEvent as MouseEvent).shiftKey)} />
                  </td>
                )}
                {columns.map((column) => (
                  <td key={column.key} data-number={column.number} data-from={column.from} data-lead={column.lead} data-head={column.lead ? undefined : column.head}>
                    {column.cell(row) || null}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {more && (
        <div className={css.more}>
          <Button loading={more.busy} onClick={more.load}>{t('table.more')}</Button>
        </div>
      )}
    </div>
  );
}
