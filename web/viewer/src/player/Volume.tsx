import { Volume1, Volume2, VolumeX } from 'lucide-react';
import { t } from '../messages';
import { Control } from './Controls';
import type { PlayerEngine } from './engine';
import { useStore } from './store';
import css from './controls.module.css';

export function Volume({ engine }: { engine: PlayerEngine }) {
  const level = useStore(engine.state, (s) => (s.muted ? 0 : s.volume));
  const icon = level === 0 ? VolumeX : level < 0.5 ? Volume1 : Volume2;
  return (
    <div className={css.volume}>
      <Control id="mute" label={level === 0 ? t('player.unmute') : t('player.mute')} icon={icon} onPress={() => engine.mute()} />
      <input
        type="range"
        min={0}
        max={100}
        value={Math.round(level * 100)}
        aria-label={t('player.volume')}
        data-testid="volume"
        style={{ '--level': `${level * 100}%` } as React.CSSProperties}
        onMouseDown={(event) => event.stopPropagation()} /* it must be draggable */
        onPointerUp={(event) => event.currentTarget.blur()}
        onChange={(event) => engine.volume(Number(event.target.value) / 100)}
      />
    </div>
  );
}
