/* LineList.tsx - the lines of subtitles, of which only those in sight are drawn: a film has thousands. The one that stands on the screen is followed. */
import { TriangleAlert } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { CueLimits } from '../../api/subtitles';
import { indexAt, timeText, warningsOf, wordsOf, type Lines } from '../../lib/cues';
import { t } from '../../messages';
import { type FilmClock } from '../../player/clock';
import css from './lines.module.css';
import { warningText } from './words';

const ROW = 62;
const MORE = 6;

interface Props {
  lines: Lines;
  chosen: number;
  clock: FilmClock;
  duration: number;
  limits: CueLimits;
  lang: string;
  onChoose: (key: number) => void;
}

export function LineList({ lines, chosen, clock, duration, limits, lang, onChoose }: Props) {
  /* A new index now and then, not sixty times a second. */
  const current = useSyncExternalStore(clock.subscribe, () => indexAt(lines, clock.ms));
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setHeight(element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const show = (index: number) => {
    const element = box.current;
    if (!element || index < 0) return;
    const at = index * ROW;
    if (at < element.scrollTop || at + ROW > element.scrollTop + element.clientHeight) element.scrollTop = Math.max(0, at - element.clientHeight / 3);
  };
  const chosenAt = lines.findIndex((line) => line.key === chosen);
  useEffect(() => show(chosenAt), [chosen, chosenAt]);
  useEffect(() => show(current), [current]);

  const from = Math.max(0, Math.floor(top / ROW) - MORE);
  const to = Math.min(lines.length, Math.ceil((top + height) / ROW) + MORE);
  return (
    <div
      ref={box} className={css.box} role="listbox" aria-label={t('cues.lines')} aria-activedescendant={chosenAt >= from && chosenAt < to ? `line-${chosen}` : undefined}
      tabIndex={0} onScroll={(event) => setTop(event.currentTarget.scrollTop)} data-testid="lines"
    >
      <div className={css.all} style={{ height: lines.length * ROW }}>
        {lines.slice(from, to).map((line, i) => {
          const at = from + i;
          const warnings = warningsOf(line, lines[at + 1], duration, limits);
          return (
            <div
              key={line.key} id={`line-${line.key}`} role="option" aria-selected={line.key === chosen} aria-posinset={at + 1} aria-setsize={lines.length}
              className={css.line} style={{ top: at * ROW }} data-chosen={line.key === chosen || undefined} data-current={at === current || undefined} data-testid="line"
              onClick={() => onChoose(line.key)}
            >
              <span className={css.number}>{at + 1}</span>
              <span className={css.times}><span>{timeText(line.start)}</span><span>{timeText(line.end)}</span></span>
              <span className={css.text} dir="auto" lang={lang}>{wordsOf(line.text) || t('cues.empty')}</span>
              {warnings.length > 0 && <span className={css.warning} title={warnings.map((one) => warningText(one, limits)).join('\n')}><TriangleAlert size={15} aria-hidden /><span className="visually-hidden">{warnings.map((one) => warningText(one, limits)).join(' ')}</span></span>}
            </div>
          );
        })}
      </div>
    </div>
  );
}
