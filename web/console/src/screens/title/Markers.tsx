/* Markers.tsx - chapters, and what a viewer may skip: begun and ended where the film stands, or typed. */
import { ActionIcon, Button, Menu, Select, TextInput, Tooltip } from '@mantine/core';
import { ArrowLeftToLine, ArrowRightToLine, Play, Plus, Trash2 } from 'lucide-react';
import type { EditorMarker } from '@shared/api/client';
import type { Autosave, Fields } from '../../lib/autosave';
import { markerAdd, markerKinds, markerMove, markersOf, type MarkerKind } from '../../lib/markers';
import { timecodeText } from '../../lib/timecode';
import { useFilmState, type FilmClock } from '../../player/clock';
import { t } from '../../messages';
import { say } from '../../ui/Toasts';
import css from './film.module.css';
import { TimeField } from './TimeField';

type Ends = 'from_s' | 'to_s';

function Row({ one, index, doc, clock }: { one: EditorMarker; index: number; doc: Autosave<Fields>; clock: FilmClock }) {
  const list = markersOf(doc);
  const change = (next: Partial<EditorMarker>, place?: string) => doc.edit('markers', list.map((other, i) => (i === index ? { ...other, ...next } : other)), place);
  const move = (end: Ends, at_s: number) => {
    const next = markerMove(list, index, end, at_s, clock.duration / 1000);
    if (next) doc.edit('markers', next);
    else say(t('marker.backwards'), { bad: true });
    return next !== null;
  };
  const name = `${t(`marker.${one.kind}`)} ${one.name ?? ''} ${timecodeText(one.from_s)}`;
  const ends = [
    { end: 'from_s' as Ends, label: t('marker.from'), here: t('marker.from_here'), icon: <ArrowLeftToLine size={15} aria-hidden /> },
    { end: 'to_s' as Ends, label: t('marker.to'), here: t('marker.to_here'), icon: <ArrowRightToLine size={15} aria-hidden /> },
  ];
  return (
    <li className={css.marker} data-kind={one.kind} data-testid="marker">
      <div className={css.markerHead}>
        <Tooltip label={t('marker.go')}><ActionIcon variant="subtle" color="gray" onClick={() => clock.seek(one.from_s * 1000)} aria-label={t('marker.go_to', { name })}><Play size={15} aria-hidden /></ActionIcon></Tooltip>
        <Select className={css.markerKind} size="xs" aria-label={t('marker.kind', { name })} data={markerKinds.map((kind) => ({ value: kind, label: t(`marker.${kind}`) }))} value={one.kind} onChange={(kind) => kind && change({ kind: kind as MarkerKind })} />
        <TextInput className={css.markerName} size="xs" aria-label={t('marker.name', { name })} placeholder={one.kind === 'chapter' ? t('marker.name_hint') : undefined} value={one.name ?? ''} dir="auto" maxLength={300} onChange={(event) => change({ name: event.currentTarget.value || null }, `name.${index}`)} />
        <ActionIcon variant="subtle" color="gray" aria-label={t('marker.remove', { name })} onClick={() => doc.edit('markers', list.filter((_, i) => i !== index))}><Trash2 size={15} aria-hidden /></ActionIcon>
      </div>
      <div className={css.markerTimes}>
        {ends.map(({ end, label, here, icon }) => (
          <span key={end} className={css.markerTime}>
            <TimeField label={`${label}: ${name}`} value={one[end]} onTake={(at) => move(end, at)} testid={`marker-${end}`} />
            <Tooltip label={here}><ActionIcon variant="subtle" color="gray" aria-label={`${here}: ${name}`} onClick={() => move(end, clock.ms / 1000)} data-testid={`marker-${end}-here`}>{icon}</ActionIcon></Tooltip>
          </span>
        ))}
      </div>
    </li>
  );
}

export function Markers({ doc, clock }: { doc: Autosave<Fields>; clock: FilmClock }) {
  const { ms } = useFilmState(clock);
  const list = markersOf(doc);
  const add = (kind: MarkerKind) => doc.edit('markers', markerAdd(list, kind, clock.ms / 1000, clock.duration / 1000));
  return (
    <div className={css.scroll}>
      <Menu position="bottom-start">
        <Menu.Target><Button size="xs" className={css.addMarker} leftSection={<Plus size={13} aria-hidden />} data-testid="add-marker">{t('marker.add', { at: timecodeText(ms / 1000) })}</Button></Menu.Target>
        <Menu.Dropdown>{markerKinds.map((kind) => <Menu.Item key={kind} onClick={() => add(kind)}>{t(`marker.${kind}`)}</Menu.Item>)}</Menu.Dropdown>
      </Menu>
      {list.length === 0 && <p className={css.none}>{t('marker.none')}</p>}
      <ol className={css.markers}>{list.map((one, i) => <Row key={i} one={one} index={i} doc={doc} clock={clock} />)}</ol>
    </div>
  );
}
