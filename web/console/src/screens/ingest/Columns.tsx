/* Columns.tsx - which column of a sheet is what: unknown names are given one of ours, or left out. */
import { Button, Select, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { columnGuess, columnKnown, columns, encodings, otherNames, sheetRead, sheetWrite, type Sheet } from '../../lib/sheet';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import { Tag } from '../../ui/Tag';
import css from './bulk.module.css';

const baseOf = (head: string): string => {
  const low = head.trim().toLowerCase();
  return otherNames[low] ?? low;
};

/** What each column goes by: its own name where the server knows it, else what it probably is. */
export function namesOf(heads: readonly string[]): string[] {
  const taken = new Set(heads.filter(columnKnown).map(baseOf));
  return heads.map((head) => {
    if (columnKnown(head)) return head.trim();
    const guess = columnGuess(head, taken);
    taken.add(guess);
    return guess;
  });
}

interface Props {
  text: string;
  encoding: string;
  onEncoding: (encoding: string) => void;
  onTake: (text: string) => void;
  onCancel: () => void;
}

function Names({ sheet, onTake, onCancel }: { sheet: Sheet } & Pick<Props, 'onTake' | 'onCancel'>) {
  const heads = sheet.rows[0] ?? [];
  const [names, setNames] = useState(() => namesOf(heads));
  const set = (at: number, name: string) => setNames(names.map((one, i) => (i === at ? name : one)));
  const example = (at: number): string => sheet.rows.slice(1, 40).map((row) => row[at]?.trim()).find(Boolean) ?? '';
  const bases = names.filter(Boolean).map(baseOf);
  const twice = (name: string): boolean => name !== '' && bases.indexOf(baseOf(name)) !== bases.lastIndexOf(baseOf(name));
  const wrong = names.some((name) => twice(name) || (name !== '' && !columnKnown(name)));
  return (
    <>
      <ul className={css.columns}>
        {heads.map((head, i) => {
          const name = names[i] ?? '';
          const typed = name.includes('.');
          return (
            <li key={i} className={css.column} data-testid="column">
              <div className={css.head1}>
                <span className={css.headName} dir="auto">{head || t('bulkload.nameless')}</span>
                <span className={css.example} dir="auto">{example(i)}</span>
              </div>
              <Select
                size="xs" aria-label={t('bulkload.column_is', { name: head })} searchable value={typed ? 'other' : baseOf(name)} onChange={(to) => set(i, to === 'other' ? 'custom.' : (to ?? ''))} error={twice(name) ? t('bulkload.column_twice') : undefined}
                data={[{ value: '', label: t('bulkload.leave_out') }, ...columns.map((one) => ({ value: one, label: one })), { value: 'other', label: t('bulkload.other_column') }]}
              />
              {typed ? <TextInput size="xs" aria-label={t('bulkload.other_column')} value={name} onChange={(event) => set(i, event.currentTarget.value)} error={!columnKnown(name) && t('bulkload.other_hint')} /> : <span>{!columnKnown(head) && <Tag tone={name ? 'info' : 'busy'}>{name ? t('bulkload.guessed') : t('bulkload.unknown')}</Tag>}</span>}
            </li>
          );
        })}
      </ul>
      <div className={css.acts}>
        <Button onClick={onCancel}>{t('action.cancel')}</Button>
        <Button variant="filled" disabled={wrong || !bases.length} onClick={() => onTake(sheetWrite(sheet, names))} data-testid="columns-take">{t('bulkload.check')}</Button>
      </div>
    </>
  );
}

export function Columns({ text, encoding, onEncoding, onTake, onCancel }: Props) {
  const sheet = useMemo(() => sheetRead(text), [text]);
  return (
    <Panel id="columns" title={t('bulkload.columns')} lead={t('bulkload.columns_lead')} actions={<Select className={css.encoding} size="xs" aria-label={t('bulkload.encoding')} data={encodings} value={encoding} onChange={(to) => onEncoding(to ?? 'utf-8')} />}>
      {sheet ? <Names key={encoding} sheet={sheet} onTake={onTake} onCancel={onCancel} /> : <p role="alert" className={css.problem}>{t('bulkload.quote_open')}</p>}
    </Panel>
  );
}
