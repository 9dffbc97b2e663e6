import { watchedFraction } from '../lib/time';
import { t } from '../messages';
import css from './progress.module.css';

export function ProgressBar({ position_s, duration_s }: { position_s: number; duration_s: number }) {
  const fraction = watchedFraction(position_s, duration_s);
  return (
    <div className={css.bar} role="img" aria-label={t('home.watched', { percent: Math.round(fraction * 100) })}>
      <span style={{ transform: `scaleX(${Math.max(0.02, fraction)})` }} />
    </div>
  );
}
