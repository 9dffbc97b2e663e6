import { localeNow, t } from '../messages';
import type { PlayerEngine } from './engine';
import { speeds } from './keys';
import { MenuColumn, MenuPanel } from './Menu';
import type { Rung } from './state';
import { useStore } from './store';

const AUTO = 'auto';
const decimal = (value: number, digits: number) => new Intl.NumberFormat(localeNow(), { minimumFractionDigits: digits, maximumFractionDigits: 2 - digits }).format(value);
const megabits = (bandwidth: number) => t('player.megabits', { rate: decimal(bandwidth / 1e6, 1) });

function qualityItems(rungs: Rung[], auto: boolean) {
  const now = rungs.find((rung) => rung.active);
  const label = auto && now ? t('player.quality_auto_now', { rung: t('player.rung', { height: now.name }) }) : t('player.quality_auto');
  return [
    { key: AUTO, label, active: auto },
    ...rungs.map((rung) => ({ key: String(rung.id), label: t('player.rung', { height: rung.name }), note: megabits(rung.bandwidth), active: !auto && rung.active })),
  ];
}

export function SettingsMenu({ engine, onClose }: { engine: PlayerEngine; onClose: () => void }) {
  const rungs = useStore(engine.state, (s) => s.rungs);
  const auto = useStore(engine.state, (s) => s.auto);
  const rate = useStore(engine.state, (s) => s.rate);
  const speedItems = speeds.map((speed) => ({ key: String(speed), label: speed === 1 ? t('player.speed_normal') : `${decimal(speed, 0)}×`, active: rate === speed }));
  return (
    <MenuPanel onClose={onClose}>
      <MenuColumn id="speed-menu" title={t('player.speed')} items={speedItems} onChoose={(key) => engine.rate(Number(key))} />
      {rungs.length > 0 && (
        <MenuColumn id="quality-menu" title={t('player.quality')} items={qualityItems(rungs, auto)} onChoose={(key) => engine.quality(key === AUTO ? null : Number(key))} />
      )}
    </MenuPanel>
  );
}
