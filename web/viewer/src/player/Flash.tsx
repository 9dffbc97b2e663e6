/* Flash.tsx - what a key or a double tap just did, for half a second in the middle of the picture. */
import { FastForward, Gauge, Pause, Play, Rewind, Volume2, type LucideIcon } from 'lucide-react';
import { useCallback, useState } from 'react';
import { t } from '../messages';
import css from './flash.module.css';

type What = { icon: 'play' | 'pause' | 'volume' } | { icon: 'back' | 'forward'; seconds: number } | { icon: 'speed'; rate: number };
export type Show = (what: What) => void;
type Shown = { what: What; n: number } | null;

const icons: Record<What['icon'], LucideIcon> = { play: Play, pause: Pause, back: Rewind, forward: FastForward, volume: Volume2, speed: Gauge };

export function useFlash(): { flash: Shown; show: Show } {
  const [flash, setFlash] = useState<Shown>(null);
  const show = useCallback((what: What) => setFlash((last) => ({ what, n: (last?.n ?? 0) + 1 })), []);
  return { flash, show };
}

export function Flash({ flash }: { flash: Shown }) {
  if (!flash) return null;
  const { what, n } = flash;
  const Icon = icons[what.icon];
  const text = 'seconds' in what ? t('player.seek_by', { seconds: what.seconds }) : 'rate' in what ? `${what.rate}×` : null;
  return (
    <div key={n} className={`${css.flash} ${what.icon === 'back' ? css.left : what.icon === 'forward' ? css.right : ''}`} aria-hidden>
      <Icon fill={what.icon === 'speed' || what.icon === 'volume' ? 'none' : 'currentColor'} />
      {text && <span>{text}</span>}
    </div>
  );
}
