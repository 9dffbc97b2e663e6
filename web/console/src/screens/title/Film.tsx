/* Film.tsx - the film itself, what was found in it on a line of its time, and the markers that are set where it stands. */
import { ActionIcon, Menu, Tabs, Tooltip } from '@mantine/core';
import { Camera, LoaderCircle, Pause, Play, StepBack, StepForward } from 'lucide-react';
import type { EditorTitle, QualityFinding, Title } from '@shared/api/client';
import { useTitleQuality, type ArtworkKind } from '../../api/titles';
import type { Autosave, Fields } from '../../lib/autosave';
import { clockText } from '../../lib/format';
import { markersOf } from '../../lib/markers';
import { timecodeText } from '../../lib/timecode';
import { useFilmElement, useFilmState, type FilmClock } from '../../player/clock';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import { failureText } from '../../ui/States';
import { Findings } from './Findings';
import css from './film.module.css';
import { Markers } from './Markers';
import { Timeline, type Lane } from './Timeline';

const stills: ArtworkKind[] = ['poster', 'still', 'backdrop'];
const soundKinds: QualityFinding['kind'][] = ['silence', 'loudness', 'peak', 'sync', 'no_sound', 'language'];

function Screen({ clock, ground }: { clock: FilmClock; ground: string | undefined }) {
  const video = useFilmElement(clock);
  const { phase, playing, error } = useFilmState(clock);
  return (
    <div className={css.screen} data-phase={phase}>
      <video ref={video} className={css.video} poster={ground} playsInline onClick={clock.toggle} data-testid="film" />
      {(phase === 'closed' || phase === 'opening') && (
        <button type="button" className={css.start} onClick={clock.toggle} aria-label={t('film.play')} data-testid="film-start">
          {phase === 'opening' ? <LoaderCircle className={css.turning} aria-hidden /> : <Play aria-hidden fill="currentColor" />}
        </button>
      )}
      {phase === 'failed' && <p className={css.trouble} role="alert">{t('film.failed', { why: failureText(error) })}</p>}
      <span className="visually-hidden" role="status">{phase === 'open' ? (playing ? t('film.plays') : t('film.stands')) : ''}</span>
    </div>
  );
}

function Bar({ clock, onFrame }: { clock: FilmClock; onFrame: (kind: ArtworkKind, at_s: number) => void }) {
  const { ms, playing } = useFilmState(clock);
  const acts = [
    { label: t('film.back'), icon: <StepBack size={16} aria-hidden />, act: () => clock.step(-1) },
    { label: playing ? t('film.pause') : t('film.play'), icon: playing ? <Pause size={17} aria-hidden /> : <Play size={17} aria-hidden />, act: clock.toggle },
    { label: t('film.forward'), icon: <StepForward size={16} aria-hidden />, act: () => clock.step(1) },
  ];
  return (
    <div className={css.bar}>
      {acts.map(({ label, icon, act }) => (
        <Tooltip key={label} label={label}><ActionIcon variant="subtle" color="gray" onClick={act} aria-label={label}>{icon}</ActionIcon></Tooltip>
      ))}
      <input className={css.seek} type="range" min={0} max={clock.duration} step={40} value={Math.min(ms, clock.duration)} onChange={(event) => clock.seek(Number(event.currentTarget.value))} aria-label={t('film.position')} aria-valuetext={timecodeText(ms / 1000)} data-testid="film-seek" />
      <span className={css.time}><b data-testid="film-time">{timecodeText(ms / 1000)}</b> / {clockText(clock.duration / 1000)}</span>
      <Menu position="bottom-end">
        <Menu.Target><Tooltip label={t('film.frame')}><ActionIcon variant="subtle" color="gray" aria-label={t('film.frame')} data-testid="film-frame"><Camera size={17} aria-hidden /></ActionIcon></Tooltip></Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t('film.frame')}</Menu.Label>
          {stills.map((kind) => <Menu.Item key={kind} onClick={() => onFrame(kind, clock.ms / 1000)}>{t('film.frame_as', { kind: t(`artwork.${kind}`) })}</Menu.Item>)}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

const spanOf = (found: QualityFinding, i: number): Lane['spans'][number] => ({ key: String(i), from: found.from_ms, to: found.to_ms, tone: found.severity, name: `${t(`finding.${found.kind}`)} · ${found.text}` });

/** One lane for the picture, one for the sound, one for what is set by hand. */
function lanesOf(findings: readonly QualityFinding[], doc: Autosave<Fields>): Lane[] {
  /* What is short lies on what is long. */
  const timed = findings.filter((one) => one.from_ms >= 0 && one.to_ms > one.from_ms).sort((a, b) => b.to_ms - b.from_ms - (a.to_ms - a.from_ms));
  const sound = (one: QualityFinding): boolean => soundKinds.includes(one.kind);
  return [
    { name: t('film.picture'), spans: timed.filter((one) => !sound(one)).map(spanOf) },
    { name: t('film.sound'), spans: timed.filter(sound).map(spanOf) },
    { name: t('film.markers'), spans: markersOf(doc).map((one, i) => ({ key: String(i), from: one.from_s * 1000, to: one.to_s * 1000, tone: one.kind, name: [t(`marker.${one.kind}`), one.name].filter(Boolean).join(' · ') })) },
  ];
}

export function Film({ whole, film, doc, clock, onFrame }: { whole: EditorTitle; film: Title; doc: Autosave<Fields>; clock: FilmClock; onFrame: (kind: ArtworkKind, at_s: number) => void }) {
  const quality = useTitleQuality(whole.id, true);
  const findings = quality.data?.findings ?? [];
  const picture = film.still ?? film.backdrop;
  return (
    <Panel id="film" title={t('film.title')} lead={t('film.lead')}>
      <div className={css.film}>
        <div className={css.seen}>
          <Screen clock={clock} ground={picture?.src} />
          <Bar clock={clock} onFrame={onFrame} />
        </div>
        <div className={css.times}><Timeline clock={clock} lanes={lanesOf(findings, doc)} /></div>
        <Tabs defaultValue="findings" className={css.lists} keepMounted={false}>
          <Tabs.List>
            <Tabs.Tab value="findings" rightSection={quality.data?.made_at ? <span className={css.count}>{findings.length}</span> : null} data-testid="tab-findings">{t('film.quality')}</Tabs.Tab>
            <Tabs.Tab value="markers" rightSection={<span className={css.count}>{markersOf(doc).length}</span>} data-testid="tab-markers">{t('film.markers')}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="findings"><Findings query={quality} clock={clock} /></Tabs.Panel>
          <Tabs.Panel value="markers"><Markers doc={doc} clock={clock} /></Tabs.Panel>
        </Tabs>
      </div>
    </Panel>
  );
}
