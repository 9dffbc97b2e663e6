/* TimesDialog.tsx - all times at once: earlier or later, two moments put where they belong, from one frame rate to another. What would become of them is shown first. */
import { Button, Checkbox, Modal, Select, Tabs, TextInput } from '@mantine/core';
import { useState } from 'react';
import { rateAnchor, rates, shifted, stretched, timeOf, timeText, wordsOf, type Line, type Lines } from '../../lib/cues';
import { distanceOf } from '../../lib/distance';
import { t } from '../../messages';
import css from './subtitles.module.css';

interface Props {
  lines: Lines;
  chosen: Line | undefined;
  /** Where the film stands. */
  head: number;
  lang: string;
  onApply: (lines: Line[]) => void;
  onClose: () => void;
}

function Preview({ before, after, lang }: { before: Lines; after: Lines | null; lang: string }) {
  if (!after) return <p className={css.impossible} role="alert">{t('times.impossible')}</p>;
  const now = new Map(after.map((line) => [line.key, line]));
  const middle = Math.floor(before.length / 2);
  const shown = [...new Set([0, middle, before.length - 1])].flatMap((i) => before[i] ?? []);
  return (
    <table className={css.preview} aria-label={t('times.preview')}>
      <thead><tr><th scope="col">{t('cues.text')}</th><th scope="col">{t('times.now')}</th><th scope="col">{t('times.then')}</th></tr></thead>
      <tbody>
        {shown.map((line) => (
          <tr key={line.key}><td dir="auto" lang={lang}>{wordsOf(line.text).replace(/\n/g, ' ')}</td><td>{timeText(line.start)}</td><td data-testid="time-then">{timeText(now.get(line.key)?.start ?? 0)}</td></tr>
        ))}
      </tbody>
    </table>
  );
}

export function TimesDialog({ lines, chosen, head, lang, onApply, onClose }: Props) {
  const [tab, setTab] = useState<string>('shift');
  const [by, setBy] = useState('0.0');
  const [onlyFrom, setOnlyFrom] = useState(false);
  const first = lines[0], final = lines[lines.length - 1];
  const [spots, setSpots] = useState([timeText(first?.start ?? 0), timeText(first?.start ?? 0), timeText(final?.start ?? 0), timeText(final?.start ?? 0)]);
  const [madeFor, setMadeFor] = useState('25');
  const [playsAt, setPlaysAt] = useState('23.976');

  const result = (): Line[] | null => {
    if (tab === 'shift') {
      const ms = distanceOf(by);
      return ms === null ? null : shifted(lines, ms, onlyFrom ? (chosen?.start ?? 0) : 0);
    }
    if (tab === 'rate') {
      const anchor = rateAnchor(madeFor, playsAt);
      return anchor && stretched(lines, { from: 0, to: 0 }, anchor);
    }
    const [a, b, c, d] = spots.map(timeOf);
    return a == null || b == null || c == null || d == null ? null : stretched(lines, { from: a, to: b }, { from: c, to: d });
  };
  const after = result();
  const spot = (i: number, label: string) => <TextInput label={label} value={spots[i]} onChange={(event) => { const typed = event.currentTarget.value; setSpots(spots.map((one, k) => (k === i ? typed : one))); }} error={timeOf(spots[i] ?? '') === null ? t('cues.time_wrong') : undefined} data-testid={`spot-${i}`} />;
  const rate = rates.map((value) => ({ value, label: t('times.rate', { rate: value }) }));
  return (
    <Modal opened onClose={onClose} title={t('times.title')} size="lg" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <Tabs value={tab} onChange={(value) => setTab(value ?? 'shift')} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="shift">{t('times.shift')}</Tabs.Tab>
          <Tabs.Tab value="two">{t('times.two')}</Tabs.Tab>
          <Tabs.Tab value="rate">{t('times.rates')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="shift" pt="md">
          <div className={css.fields}>
            <TextInput label={t('times.by')} description={t('times.by_hint')} value={by} onChange={(event) => setBy(event.currentTarget.value)} error={distanceOf(by) === null ? t('cues.time_wrong') : undefined} data-autofocus data-testid="shift-by" />
            {chosen && <Button onClick={() => setBy(String((head - chosen.start) / 1000 >= 0 ? ((head - chosen.start) / 1000).toFixed(3) : `-${((chosen.start - head) / 1000).toFixed(3)}`))}>{t('times.chosen_here')}</Button>}
            {chosen && <Checkbox label={t('times.only_from')} checked={onlyFrom} onChange={(event) => setOnlyFrom(event.currentTarget.checked)} />}
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="two" pt="md">
          <p className={css.hint}>{t('times.two_hint')}</p>
          <div className={css.pairs}>{spot(0, t('times.first_stands'))}{spot(1, t('times.first_belongs'))}{spot(2, t('times.last_stands'))}{spot(3, t('times.last_belongs'))}</div>
        </Tabs.Panel>
        <Tabs.Panel value="rate" pt="md">
          <p className={css.hint}>{t('times.rate_hint')}</p>
          <div className={css.pairs}>
            <Select label={t('times.made_for')} data={rate} value={madeFor} onChange={(value) => setMadeFor(value ?? '25')} data-testid="made-for" />
            <Select label={t('times.plays_at')} data={rate} value={playsAt} onChange={(value) => setPlaysAt(value ?? '25')} data-testid="plays-at" />
          </div>
        </Tabs.Panel>
      </Tabs>
      <Preview before={lines} after={after} lang={lang} />
      <div className={css.dialogActs}>
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button variant="filled" disabled={!after} onClick={() => after && onApply(after)} data-testid="times-apply">{t('times.apply')}</Button>
      </div>
    </Modal>
  );
}
