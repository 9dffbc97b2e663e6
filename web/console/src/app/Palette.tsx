/*
 * Palette.tsx - Ctrl-K: every place, every title, every action, by typing a part of its name. A text field with a list, as WAI-ARIA
 * has it (combobox): the focus stays in the field.
 */
import { Modal } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Clapperboard, CornerDownLeft, type LucideIcon } from 'lucide-react';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useNavigate } from 'react-router';
import { useRoles } from '../api/queries';
import { useTitleSearch } from '../api/titles';
import { rankOf } from '../lib/rank';
import { t } from '../messages';
import { useActions } from './actions';
import { placesFor } from './nav';
import css from './palette.module.css';

interface Entry {
  id: string;
  label: string;
  note: string;
  icon: LucideIcon;
  act: () => void;
}

function useEntries(q: string, go: (path: string) => void): Entry[] {
  const roles = useRoles();
  const [late] = useDebouncedValue(q.trim(), 150);
  const titles = useTitleSearch(roles.includes('editor') ? late : '');
  const actions = useActions();
  const fixed: Entry[] = [
    ...placesFor(roles).map((place) => ({ id: place.path, label: t(place.label), note: `G ${place.key.toUpperCase()}`, icon: place.icon, act: () => go(place.path) })),
    ...actions.map((action) => ({ ...action, note: '' })),
  ];
  const ranked = fixed
    .map((entry) => ({ entry, rank: rankOf(entry.label, q) }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank)
    .map(({ entry }) => entry);
  const found = q.trim() ? (titles.data?.items ?? []).slice(0, 8) : [];
  return [...ranked, ...found.map((title) => ({ id: title.id, label: title.name, note: title.year ? String(title.year) : t('palette.title'), icon: Clapperboard, act: () => go(`/titles/${title.id}`) }))];
}

export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Modal opened={open} onClose={onClose} withCloseButton={false} padding={0} size="36rem" yOffset="12dvh" centered={false} attributes={{ content: { 'aria-label': t('palette.open') } }}>
      {open && <Inside onClose={onClose} />}
    </Modal>
  );
}

function Inside({ onClose }: { onClose: () => void }) {
  const [q, setQ] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const navigate = useNavigate();
  const entries = useEntries(q, (path) => void navigate(path));
  const here = Math.min(at, Math.max(0, entries.length - 1));
  useEffect(() => {
    list.current?.children[here]?.scrollIntoView({ block: 'nearest' }); /* newer browsers answer with a promise */
  }, [here]);
  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    entry.act();
  };
  const keys = (event: KeyboardEvent) => {
    const moves: Record<string, number> = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: entries.length - 1 };
    const to = moves[event.key];
    if (to !== undefined && entries.length) {
      event.preventDefault();
      setAt((to + entries.length) % entries.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(entries[here]);
    }
  };
  return (
    <div className={css.palette}>
      <input
        className={css.field}
        role="combobox"
        aria-expanded
        aria-controls="palette-list"
        aria-activedescendant={entries[here] ? `palette-${here}` : undefined}
        aria-label={t('palette.open')}
        placeholder={t('palette.hint')}
        value={q}
        onChange={(event) => { setQ(event.currentTarget.value); setAt(0); }}
        onKeyDown={keys}
        data-autofocus
        autoComplete="off"
        spellCheck={false}
      />
      <ul id="palette-list" role="listbox" aria-label={t('palette.open')} className={css.list} ref={list}>
        {entries.map((entry, i) => (
          <li key={entry.id} id={`palette-${i}`} role="option" aria-selected={i === here} className={css.entry} onMouseMove={() => setAt(i)} onClick={() => run(entry)} data-testid="palette-entry">
            <entry.icon className={css.icon} aria-hidden strokeWidth={1.75} />
            <span className={css.name} dir="auto">{entry.label}</span>
            <span className={css.note}>{entry.note}</span>
            {i === here && <CornerDownLeft className={css.icon} aria-hidden />}
          </li>
        ))}
      </ul>
      {!entries.length && <p className={css.none}>{t('palette.nothing')}</p>}
    </div>
  );
}
