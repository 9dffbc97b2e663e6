/*
 * PlayerView.tsx - the picture and what lies over it. After two seconds without a movement nothing is left but the
 * picture, unless it is paused or a menu is open.
 */
import { useEffect, useRef, useState } from 'react';
import type { Playback } from '@shared/api/client';
import { useLasting } from '../lib/hooks';
import { fullName } from '../lib/series';
import { t } from '../messages';
import { Controls } from './Controls';
import { Curtain, PlayProblem, Ring } from './Curtain';
import { PlayerEngine } from './engine';
import type { Cure } from './errors';
import { Flash, useFlash } from './Flash';
import { Help } from './Help';
import { Offers, type Series } from './Offers';
import { useIdle } from './useIdle';
import { useKeyboard } from './useKeyboard';
import { useMediaSession } from './useMediaSession';
import { Surface } from './Surface';
import { usePictureBottom } from './usePictureBottom';
import { useStore } from './store';
import css from './player.module.css';

export type PlayerProps = {
  playback: Playback;
  profile: { id: string; lang: string };
  from_s: number | null;
  renew: () => Promise<Playback>;
  series: Series;
  onLeave: () => void;
  onSignIn: () => void;
};

/** The engine lives as long as the video element it drives. */
function useEngine({ playback, profile, from_s, renew }: PlayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const subtitles = useRef<HTMLDivElement>(null);
  const [engine, setEngine] = useState<PlayerEngine | null>(null);
  const first = useRef({ playback, profile, from_s, renew });
  useEffect(() => {
    if (!video.current || !subtitles.current) return;
    const made = new PlayerEngine({ video: video.current, subtitles: subtitles.current, ...first.current });
    setEngine(made);
    void made.start();
    return () => made.destroy();
  }, []);
  return { video, subtitles, engine };
}

export function PlayerView(props: PlayerProps) {
  const root = useRef<HTMLDivElement>(null);
  const { video, subtitles, engine } = useEngine(props);
  usePictureBottom(root, video);
  return (
    <div ref={root} className={css.player} aria-label={t('player.label', { name: fullName(props.playback.title) })} role="region" data-testid="player">
      <video ref={video} className={css.video} playsInline data-testid="video" />
      <div ref={subtitles} className={css.subtitles} />
      {engine ? <Overlay {...props} engine={engine} root={root} video={video} /> : <Curtain card={props.playback.title} />}
    </div>
  );
}

type OverlayProps = PlayerProps & { engine: PlayerEngine; root: React.RefObject<HTMLDivElement | null>; video: React.RefObject<HTMLVideoElement | null> };

function Overlay({ engine, root, video, playback, series, onLeave, onSignIn }: OverlayProps) {
  const { state } = engine;
  const [menu, setMenu] = useState<'audio-text' | 'settings' | null>(null);
  const [help, setHelp] = useState(false);
  const { flash, show } = useFlash();
  const started = useStore(state, (s) => s.started);
  const blocked = useStore(state, (s) => s.blocked);
  const error = useStore(state, (s) => s.error);
  const trouble = useStore(state, (s) => s.trouble);
  const waiting = useStore(state, (s) => s.waiting && !s.blocked && !s.error);
  const holding = useStore(state, (s) => s.paused && s.started);
  const { idle, wake, sleep } = useIdle(root, 2000, !holding && menu === null && !help && !blocked);
  const stuck = useLasting(waiting && trouble !== null, 5000);
  const shown = error ?? (stuck ? trouble : null);

  useMediaSession(engine, playback);
  useKeyboard({ engine, root, video, wake, show, help, setHelp, menu, setMenu, onLeave, idle, off: shown !== null });

  const cure = (what: Cure) => (what === 'retry' ? void engine.retry() : what === 'sign_in' ? onSignIn() : onLeave());
  if (shown) return <PlayProblem error={shown} onCure={cure} onLeave={onLeave} />;
  return (
    <div className={css.overlay} data-idle={idle || undefined} data-testid="overlay">
      {!started && !blocked && <Curtain card={playback.title} />}
      <Surface engine={engine} idle={idle} wake={wake} sleep={sleep} show={show} closeMenu={() => setMenu(null)} menuOpen={menu !== null} root={root} />
      <Ring on={waiting && started} />
      <Flash flash={flash} />
      <Controls engine={engine} root={root} video={video} playback={playback} markers={series.markers} menu={menu} setMenu={setMenu} onHelp={() => setHelp(true)} onLeave={onLeave} idle={idle} />
      {menu === null && !help && <Offers engine={engine} series={series} />}
      {help && <Help onClose={() => setHelp(false)} />}
    </div>
  );
}
