/* Menu.tsx - a panel of choices above the bar (a sheet from below on a phone). Arrows walk, Escape closes, the choice in force has the focus. */
import { Check } from 'lucide-react';
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import css from './menu.module.css';

export function MenuPanel({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const panel = ref.current;
    const before = document.activeElement;
    panel?.querySelector<HTMLElement>('[aria-checked=true]')?.focus({ preventScroll: true });
    const press = (event: PointerEvent) => {
      const target = event.target as Element;
      if (!panel?.parentElement?.contains(target) && !target.closest('[data-testid=surface]')) onClose();
    };
    document.addEventListener('pointerdown', press);
    return () => {
      document.removeEventListener('pointerdown', press);
      if (panel?.contains(document.activeElement) && before instanceof HTMLElement) before.focus();
    };
  }, [onClose]);
  return (
    <div ref={ref} className={css.panel} onKeyDown={walk}>
      {children}
    </div>
  );
}

function walk(event: KeyboardEvent<HTMLElement>): void {
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
  const columns = [...event.currentTarget.querySelectorAll('[role=menu]')];
  const column = columns.findIndex((menu) => menu.contains(document.activeElement));
  const along = getComputedStyle(event.currentTarget).direction === 'rtl' ? -1 : 1;
  const aside = event.key === 'ArrowRight' ? columns[column + along] : event.key === 'ArrowLeft' ? columns[column - along] : undefined;
  if (aside) (aside.querySelector<HTMLElement>('[aria-checked=true]') ?? aside.querySelector<HTMLElement>('button'))?.focus();
  const step = steps[event.key];
  if (step === undefined) return;
  const items = [...(columns[column]?.querySelectorAll<HTMLElement>('button') ?? [])];
  items[(items.indexOf(document.activeElement as HTMLElement) + step + items.length) % items.length]?.focus();
  event.preventDefault();
}

export type Item = { key: string; label: string; note?: string; active: boolean; lang?: string };
type ColumnProps = { title: string; id: string; items: Item[]; onChoose: (key: string) => void };

export function MenuColumn({ title, id, items, onChoose }: ColumnProps) {
  return (
    <div className={css.column}>
      <h3 id={`${id}-title`}>{title}</h3>
      <div role="menu" aria-labelledby={`${id}-title`} data-testid={id}>
        {items.map((item) => (
          <button key={item.key} type="button" role="menuitemradio" aria-checked={item.active} data-lang={item.lang} data-key={item.key} onClick={() => onChoose(item.key)}>
            <Check aria-hidden />
            <span>{item.label}</span>
            {item.note && <small>{item.note}</small>}
          </button>
        ))}
      </div>
    </div>
  );
}
