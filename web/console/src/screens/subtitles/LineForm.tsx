/* LineForm.tsx - the chosen line: its words and times, and what can be done with it. */
import { ActionIcon, Button, Textarea, TextInput, Tooltip } from '@mantine/core';
import { ArrowDownToLine, Combine, Plus, Scissors, Trash2, type LucideIcon } from 'lucide-react';
import { useEffect, useState, type Ref } from 'react';
import type { CueLimits } from '../../api/subtitles';
import { timeOf, timeText, warningsOf, type Line } from '../../lib/cues';
import { t } from '../../messages';
import css from './subtitles.module.css';
import { warningText } from './words';

/** Typed freely, taken when it is a time and one leaves the field. */
function Time({ label, value, onSet, onHead, head, testid }: { label: string; value: number; onSet: (ms: number) => void; onHead: () => void; head: string; testid: string }) {
  const [typed, setTyped] = useState<string | null>(null);
  const wrong = typed !== null && timeOf(typed) === null;
  useEffect(() => setTyped(null), [value]);
  const take = () => {
    const ms = typed === null ? null : timeOf(typed);
    if (ms !== null && ms !== value) onSet(ms);
    setTyped(null);
  };
  return (
    <TextInput
      label={label} value={typed ?? timeText(value)} onChange={(event) => setTyped(event.currentTarget.value)} onBlur={take} onKeyDown={(event) => { if (event.key === 'Enter') take(); if (event.key === 'Escape') setTyped(null); }}
      error={wrong ? t('cues.time_wrong') : undefined} inputMode="decimal" spellCheck={false} data-testid={testid}
      rightSection={<Tooltip label={head}><ActionIcon variant="subtle" color="gray" size="sm" onMouseDown={(event) => event.preventDefault()} onClick={() => { setTyped(null); onHead(); }} aria-label={head}><ArrowDownToLine size={15} aria-hidden /></ActionIcon></Tooltip>}
    />
  );
}

export interface LineActs {
  set: (change: Partial<Line>, tag?: string) => void;
  startHere: () => void;
  endHere: () => void;
  split: () => void;
  merge: () => void;
  insert: () => void;
  remove: () => void;
}

export function LineForm({ line, next, duration, limits, lang, acts, words }: { line: Line | undefined; next: Line | undefined; duration: number; limits: CueLimits; lang: string; acts: LineActs; words: Ref<HTMLTextAreaElement> }) {
  const tool = (label: string, Icon: LucideIcon, act: () => void, off = false, testid?: string) => (
    <Tooltip label={label}><ActionIcon variant="default" size="lg" onClick={act} disabled={off} aria-label={label} data-testid={testid}><Icon size={16} aria-hidden /></ActionIcon></Tooltip>
  );
  if (!line) return <div className={css.nothing}><p>{t('cues.choose')}</p><Button leftSection={<Plus size={14} aria-hidden />} onClick={acts.insert}>{t('cues.insert')}</Button></div>;
  const warnings = warningsOf(line, next, duration, limits);
  return (
    <div className={css.lineForm}>
      <Textarea
        ref={words} label={t('cues.text')} value={line.text} onChange={(event) => acts.set({ text: event.currentTarget.value }, `text${line.key}`)} autosize minRows={2} maxRows={5} maxLength={2000} dir="auto" lang={lang} data-testid="line-text"
      />
      <div className={css.lineTimes}>
        <Time label={t('cues.start')} value={line.start} onSet={(start) => acts.set({ start })} onHead={acts.startHere} head={t('cues.start_here')} testid="line-start" />
        <Time label={t('cues.end')} value={line.end} onSet={(end) => acts.set({ end })} onHead={acts.endHere} head={t('cues.end_here')} testid="line-end" />
        <div className={css.lineTools}>
          {tool(t('cues.split'), Scissors, acts.split, false, 'line-split')}
          {tool(t('cues.merge'), Combine, acts.merge, !next, 'line-merge')}
          {tool(t('cues.insert'), Plus, acts.insert, false, 'line-insert')}
          {tool(t('cues.remove'), Trash2, acts.remove, false, 'line-remove')}
        </div>
      </div>
      <ul className={css.warnings} aria-live="polite">{warnings.map((one) => <li key={one.code}>{warningText(one, limits)}</li>)}</ul>
    </div>
  );
}
