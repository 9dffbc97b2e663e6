/* Controls.tsx - the bar below, the way back above, and on touch the three buttons in the middle. */
import { Captions, Keyboard, Maximize, Minimize, Pause, PictureInPicture2, Play, RotateCcw, RotateCw, Settings2, type LucideIcon } from 'lucide-react';
import type { ReactNode, RefObject } from 'react';
import type { Marker, Playback } from '@shared/api/client';
import { fullName } from '../lib/series';
import { t } from '../messages';
import { AudioTextMenu } from './AudioTextMenu';
import { BackButton } from './Curtain';
import type { PlayerEngine } from './engine';
import { fullscreenToggle, useFullscreen } from './fullscreen';
import { Scrubber } from './Scrubber';
import { SettingsMenu } from './SettingsMenu';
import { useStore } from './store';
import { Volume } from './Volume';
import css from './controls.module.css';

export type MenuName = 'audio-text' | 'settings' | null;
type Props = {
  engine: PlayerEngine;
  root: RefObject<HTMLElement | null>;
  video: RefObject<HTMLVideoElement | null>;
  playback: Playback;
  markers: readonly Marker[];
  menu: MenuName;
  setMenu: (menu: MenuName) => void;
  onHelp: () => void;
  onLeave: () => void;
  idle: boolean;
};

type ControlProps = { label: string; id: string; onPress: () => void; icon: LucideIcon; filled?: boolean; expanded?: boolean; className?: string; children?: ReactNode };

export function Control({ label, id, onPress, icon: Icon, filled, expanded, className, children }: ControlProps) {
  return (
    <button type="button" className={`${css.control} ${className ?? ''}`} aria-label={label} title={label} aria-expanded={expanded} aria-haspopup={expanded === undefined ? undefined : 'menu'} onClick={onPress} data-testid={id}>
      <Icon aria-hidden fill={filled ? 'currentColor' : 'none'} />
      {children}
    </button>
  );
}

function PlayButton({ engine, className, id }: { engine: PlayerEngine; className?: string; id: string }) {
  const paused = useStore(engine.state, (s) => s.paused);
  const ended = useStore(engine.state, (s) => s.ended);
  const label = ended ? t('player.replay') : paused ? t('player.play') : t('player.pause');
  return <Control id={id} label={label} icon={ended ? RotateCcw : paused ? Play : Pause} filled={!ended} onPress={engine.toggle} className={className} />;
}

function Skip({ engine, by_s, id }: { engine: PlayerEngine; by_s: 10 | -10; id: string }) {
  return (
    <Control id={id} label={by_s < 0 ? t('player.back_10') : t('player.forward_10')} icon={by_s < 0 ? RotateCcw : RotateCw} className={css.skip} onPress={() => engine.seekBy(by_s)}>
      <span aria-hidden>10</span>
    </Control>
  );
}

export function Controls({ engine, root, video, playback, markers, menu, setMenu, onHelp, onLeave, idle }: Props) {
  const full = useFullscreen();
  const started = useStore(engine.state, (s) => s.started);
  const blocked = useStore(engine.state, (s) => s.blocked);
  const hasTracks = useStore(engine.state, (s) => s.audio.length > 1 || s.text.length > 0);
  const toggle = (name: Exclude<MenuName, null>) => setMenu(menu === name ? null : name);
  const pip = video.current && document.pictureInPictureEnabled;
  return (
    /* Hidden controls stay reachable: a moving mouse or the focus brings them back, a finger must tap first.
     * A mouse leaves no focus behind, so that Space goes on meaning play. */
    <div className={css.controls} onMouseDown={(event) => event.preventDefault()} data-hidden={idle || undefined}>
      <div className={css.top}>
        <BackButton onLeave={onLeave} />
        <p className={css.phoneName} dir="auto">{fullName(playback.title)}</p>
      </div>
      {blocked && (
        <button type="button" className={css.start} onClick={() => engine.play()} data-testid="start">
          <Play fill="currentColor" aria-hidden />
          <span>{t('player.tap_to_play')}</span>
        </button>
      )}
      {started && (
        <div className={css.middle}>
          <Skip engine={engine} by_s={-10} id="back-10-touch" />
          <PlayButton engine={engine} className={css.big} id="play-touch" />
          <Skip engine={engine} by_s={10} id="forward-10-touch" />
        </div>
      )}
      <div className={css.bottom} hidden={!started && !blocked}>
        <Scrubber engine={engine} storyboard={playback.storyboard} markers={markers} />
        <div className={css.row}>
          <div className={css.side}>
            <PlayButton engine={engine} id="play" />
            <Skip engine={engine} by_s={-10} id="back-10" />
            <Skip engine={engine} by_s={10} id="forward-10" />
            <Volume engine={engine} />
          </div>
          <p className={css.name} dir="auto">{fullName(playback.title)}</p>
          <div className={`${css.side} ${css.end}`}>
            <Control id="help-button" className={css.desktop} label={t('player.help')} icon={Keyboard} onPress={onHelp} />
            {hasTracks && (
              <div className={css.anchor}>
                <Control id="audio-text" label={t('player.audio_text')} icon={Captions} expanded={menu === 'audio-text'} onPress={() => toggle('audio-text')} />
                {menu === 'audio-text' && <AudioTextMenu engine={engine} onClose={() => setMenu(null)} />}
              </div>
            )}
            <div className={css.anchor}>
              <Control id="settings" label={t('player.settings')} icon={Settings2} expanded={menu === 'settings'} onPress={() => toggle('settings')} />
              {menu === 'settings' && <SettingsMenu engine={engine} onClose={() => setMenu(null)} />}
            </div>
            {pip && (
              <Control
                id="pip"
                label={t('player.pip')}
                icon={PictureInPicture2}
                className={css.desktop}
                onPress={() => void (document.pictureInPictureElement ? document.exitPictureInPicture() : video.current?.requestPictureInPicture())?.catch(() => {})}
              />
            )}
            <Control id="fullscreen" label={full ? t('player.fullscreen_leave') : t('player.fullscreen')} icon={full ? Minimize : Maximize} onPress={() => fullscreenToggle(root.current, video.current)} />
          </div>
        </div>
      </div>
    </div>
  );
}
