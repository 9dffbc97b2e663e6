import { t } from '../messages';
import type { PlayerEngine } from './engine';
import { MenuColumn, MenuPanel } from './Menu';
import { useStore } from './store';

const OFF = 'off';

export function AudioTextMenu({ engine, onClose }: { engine: PlayerEngine; onClose: () => void }) {
  const audio = useStore(engine.state, (s) => s.audio);
  const text = useStore(engine.state, (s) => s.text);
  const off = { key: OFF, label: t('player.text_off'), active: !text.some((x) => x.active), lang: OFF };
  return (
    <MenuPanel onClose={onClose}>
      {audio.length > 0 && <MenuColumn id="audio-menu" title={t('player.audio')} items={audio} onChoose={(key) => engine.audio(key)} />}
      {text.length > 0 && <MenuColumn id="text-menu" title={t('player.text')} items={[off, ...text]} onChoose={(key) => engine.text(key === OFF ? null : key)} />}
    </MenuPanel>
  );
}
