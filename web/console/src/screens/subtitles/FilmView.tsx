/* FilmView.tsx - the film beside its subtitles: the line that stands now is drawn over it as it is being edited, not as it was saved. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { Pause, Play } from 'lucide-react';
import { useEffect } from 'react';
import { indexAt, timeText, wordsOf, type Lines } from '../../lib/cues';
import { useFilmElement, useFilmState, type FilmClock } from '../../player/clock';
import { t } from '../../messages';
import { failureText } from '../../ui/States';
import css from './film.module.css';

export function FilmView({ clock, lines, lang }: { clock: FilmClock; lines: Lines; lang: string }) {
  const video = useFilmElement(clock);
  const { ms: now, playing, phase, error } = useFilmState(clock);
  const { duration, seek, toggle } = clock;
  useEffect(() => void clock.open(), [clock]); /* behind the element's own effect: whoever comes here wants to see it */
  const line = lines[indexAt(lines, now)];
  const label = playing ? t('cues.pause') : t('cues.play');
  return (
    <div className={css.film}>
      <div className={css.screen}>
        <video ref={video} className={css.video} playsInline onClick={toggle} data-testid="film" />
        {line && <p className={css.words} dir="auto" lang={lang} data-top={line.settings.includes('line:0') || undefined} data-testid="film-words">{wordsOf(line.text)}</p>}
        {duration <= 0 && <p className={css.trouble}>{t('cues.no_film')}</p>}
        {phase === 'failed' && <p className={css.trouble} role="alert">{t('cues.no_play', { why: failureText(error) })}</p>}
      </div>
      <div className={css.bar}>
        <Tooltip label={label}><ActionIcon variant="subtle" color="gray" onClick={toggle} disabled={duration <= 0} aria-label={label}>{playing ? <Pause size={17} aria-hidden /> : <Play size={17} aria-hidden />}</ActionIcon></Tooltip>
        <span className={css.time} data-testid="film-time">{timeText(now)}</span>
        <input className={css.seek} type="range" min={0} max={Math.max(duration, 1)} step={10} value={Math.min(now, duration)} onChange={(event) => seek(Number(event.currentTarget.value))} aria-label={t('cues.position')} aria-valuetext={timeText(now)} disabled={duration <= 0} />
        <span className={css.time}>{timeText(duration)}</span>
      </div>
    </div>
  );
}
