/* SubtitleScreen.tsx - one film's subtitles: the film at the left with the chosen line under it, all lines at the right. Saved when somebody says so: viewers get it then. */
import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import { ChevronLeft, Clock3, Download, Ellipsis, History as HistoryIcon, Keyboard, Pencil, Redo2, TriangleAlert, Undo2 } from 'lucide-react';
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { Link, useBlocker, useParams } from 'react-router';
import { ApiError } from '@shared/api/client';
import { subtitleFileUrl, useCuesSave, useSubtitleDoc, type SubtitleDoc } from '../../api/subtitles';
import { changed, cuesOf, inserted, linesOf, merged, refusedCodes, removed, split, warningsOf, type Line, type Lines } from '../../lib/cues';
import { useHistory } from '../../lib/history';
import { useFilmClock } from '../../player/clock';
import { languageName, t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Page } from '../../ui/Page';
import { Failure, failureText, RowsSkeleton } from '../../ui/States';
import { Tag } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import { About } from './About';
import { FilmView } from './FilmView';
import { Keys } from './Keys';
import { LineForm } from './LineForm';
import { LineList } from './LineList';
import { Revisions } from './Revisions';
import css from './subtitles.module.css';
import { TimesDialog } from './TimesDialog';
import { useEditorKeys } from './useEditorKeys';

const back = (title: string) => <Link to={`/titles/${title}`} className={css.back}><ChevronLeft size={16} aria-hidden />{t('subtitles.to_title')}</Link>;

export function SubtitleScreen() {
  const { id = '', subtitle = '' } = useParams();
  const doc = useSubtitleDoc(subtitle);
  if (doc.isError) return <Page title={t('title.subtitles')} before={back(id)}><Failure error={doc.error} onRetry={() => void doc.refetch()} /></Page>;
  if (!doc.data) return <Page title={t('state.loading')} before={back(id)}><RowsSkeleton /></Page>;
  return <Editor key={doc.data.one.id} title={id} doc={doc.data} reload={async () => (await doc.refetch()).data} />;
}

/** Leaving with something unsaved asks first; closing the page: the browser does. */
function useGuard(dirty: boolean) {
  const blocker = useBlocker(({ currentLocation, nextLocation }) => dirty && currentLocation.pathname !== nextLocation.pathname);
  useEffect(() => {
    if (!dirty) return;
    const leaving = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', leaving);
    return () => removeEventListener('beforeunload', leaving);
  }, [dirty]);
  return <Confirm open={blocker.state === 'blocked'} title={t('save.leave')} text={t('cues.leave_text')} action={t('save.leave_anyway')} onYes={() => blocker.proceed?.()} onNo={() => blocker.reset?.()} />;
}

function Editor({ title, doc, reload }: { title: string; doc: SubtitleDoc; reload: () => Promise<SubtitleDoc | undefined> }) {
  const first = useMemo<Lines>(() => linesOf(doc.cues), []);
  const [revision, setRevision] = useState(doc.list.revision);
  const { now: lines, set, act, dirty, canUndo, canRedo } = useHistory<Lines>(first);
  const [chosen, setChosen] = useState(first[0]?.key ?? 0);
  const [open, setOpen] = useState<'times' | 'about' | 'revisions' | 'keys' | null>(null);
  const words = useRef<HTMLTextAreaElement>(null);
  const save = useCuesSave(title, doc.one.id);
  const guard = useGuard(dirty);
  const { duration_ms: duration, limits } = doc.list;
  const clock = useFilmClock(title, duration);
  const lang = doc.one.lang;

  const at = lines.findIndex((line) => line.key === chosen);
  const line = at < 0 ? undefined : lines[at];
  /* What was chosen can be gone by an undo: then what stands in its place. */
  const place = useRef(0);
  useEffect(() => {
    if (at >= 0) place.current = at;
    else setChosen(lines[Math.min(Math.max(place.current - 1, 0), lines.length - 1)]?.key ?? 0);
  }, [at, lines]);
  const head = () => Math.round(clock.ms);
  const pick = (one: Line | undefined, seek = true) => {
    if (!one) return;
    setChosen(one.key);
    if (seek) clock.seek(one.start);
  };
  const edit = (change: Partial<Line>, tag = '') => { if (line) set(changed(lines, line.key, change), tag); };
  const found = (next: { lines: Lines; key: number } | null, focus = false) => {
    if (!next) return;
    set(next.lines);
    setChosen(next.key);
    if (focus) requestAnimationFrame(() => words.current?.focus());
  };
  const load = async () => {
    const fresh = await reload();
    if (!fresh) return;
    const next = linesOf(fresh.cues);
    act({ kind: 'load', value: next });
    setRevision(fresh.list.revision);
    setChosen(next[0]?.key ?? 0);
    save.reset();
  };
  const send = () => {
    if (!dirty || save.isPending) return;
    const wrong = lines.find((one, i) => warningsOf(one, lines[i + 1], 0, limits).some(({ code }) => refusedCodes.includes(code)));
    if (wrong) {
      pick(wrong);
      say(t('cues.mend_first'), { bad: true });
      return;
    }
    const sent = lines;
    save.mutate({ revision, cues: cuesOf(sent) }, { onSuccess: (one) => { setRevision(one.revision); act({ kind: 'saved', value: sent }); say(t('cues.saved')); } });
  };
  const settled = useDeferredValue(lines);
  const problems = useMemo(() => settled.filter((one, i) => warningsOf(one, settled[i + 1], duration, limits).length > 0), [settled, duration, limits]);
  const acts = {
    set: edit,
    startHere: () => edit({ start: head() }),
    endHere: () => edit({ end: head() }),
    split: () => line && found(split(lines, line.key, head())),
    merge: () => { const next = line && merged(lines, line.key); if (next) set(next); },
    insert: () => found(inserted(lines, line && duration <= 0 ? line.end : head()), true),
    remove: () => { if (line) { set(removed(lines, line.key)); pick(lines[at + 1] ?? lines[at - 1], false); } },
    step: (by: number) => pick(lines[Math.max(0, Math.min(lines.length - 1, at + by))]),
    problem: () => pick(problems.find((one) => line && (one.start > line.start || (one.start === line.start && one.key > line.key))) ?? problems[0]),
    toggle: clock.toggle,
    seekBy: (ms: number) => clock.seek(head() + ms),
    words: () => words.current?.focus(),
    undo: () => act({ kind: 'undo' }),
    redo: () => act({ kind: 'redo' }),
    save: send,
  };
  useEditorKeys(acts);
  const theirs = save.error instanceof ApiError && save.error.code === 'subtitle.changed';
  const icon = (label: string, Icon: typeof Undo2, run: () => void, off = false, testid?: string) => (
    <Tooltip label={label}><ActionIcon variant="subtle" color="gray" size="lg" onClick={run} disabled={off} aria-label={label} data-testid={testid}><Icon size={17} aria-hidden /></ActionIcon></Tooltip>
  );
  return (
    <Page
      title={languageName(lang)} wide before={back(title)}
      lead={
        <span className={css.about}>
          <span className={css.state} role="status" data-dirty={dirty || undefined} data-testid="cues-state">{save.isPending ? t('save.saving') : dirty ? t('cues.unsaved') : t('save.saved')}</span>
          {doc.one.sdh && <Tag tone="info">{t('subtitles.sdh')}</Tag>}
          {doc.one.forced && <Tag tone="busy">{t('subtitles.forced')}</Tag>}
          {doc.one.source === 'upload' && doc.one.encoding && <span>{doc.one.encoding}</span>}
          {doc.one.detected && <span>{t('subtitles.found_is', { language: languageName(doc.one.detected.lang) })}</span>}
        </span>
      }
      actions={
        <>
          {icon(t('action.undo'), Undo2, acts.undo, !canUndo, 'cues-undo')}
          {icon(t('action.redo'), Redo2, acts.redo, !canRedo, 'cues-redo')}
          <Button className={css.timesButton} leftSection={<Clock3 size={14} aria-hidden />} onClick={() => setOpen('times')} disabled={lines.length === 0} data-testid="times">{t('times.title')}</Button>
          <Menu position="bottom-end">
            <Menu.Target><ActionIcon variant="default" size="lg" aria-label={t('subtitles.more', { name: doc.one.name })}><Ellipsis size={17} aria-hidden /></ActionIcon></Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<Pencil size={15} aria-hidden />} onClick={() => setOpen('about')} disabled={dirty}>{t('subtitles.about')}</Menu.Item>
              <Menu.Item leftSection={<HistoryIcon size={15} aria-hidden />} onClick={() => setOpen('revisions')} disabled={dirty}>{t('revision.title')}</Menu.Item>
              <Menu.Item component="a" href={subtitleFileUrl(doc.one.id, 'srt')} download leftSection={<Download size={15} aria-hidden />}>{t('subtitles.download', { format: 'SRT' })}</Menu.Item>
              <Menu.Item component="a" href={subtitleFileUrl(doc.one.id, 'vtt')} download leftSection={<Download size={15} aria-hidden />}>{t('subtitles.download', { format: 'WebVTT' })}</Menu.Item>
              <Menu.Item leftSection={<Keyboard size={15} aria-hidden />} onClick={() => setOpen('keys')}>{t('keys.title')}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
          <Button variant="filled" onClick={send} loading={save.isPending} disabled={!dirty} data-testid="cues-save">{t('action.save')}</Button>
        </>
      }
    >
      {save.error && <p role="alert" className={css.problem}>{failureText(save.error)} {theirs && <Button size="xs" onClick={() => void load()}>{t('save.theirs')}</Button>}</p>}
      <div className={css.editor}>
        <div className={css.left}>
          <FilmView clock={clock} lines={lines} lang={lang} />
          <LineForm line={line} next={lines[at + 1]} duration={duration} limits={limits} lang={lang} acts={acts} words={words} />
        </div>
        <div className={css.right}>
          {problems.length > 0 && <button type="button" className={css.problems} onClick={acts.problem} data-testid="problems"><TriangleAlert size={15} aria-hidden /><span>{t('cues.problems', { count: problems.length })}</span><span>{t('cues.next')}</span></button>}
          <LineList lines={lines} clock={clock} chosen={chosen} duration={duration} limits={limits} lang={lang} onChoose={(key) => { pick(lines.find((one) => one.key === key)); clock.play(); }} />
        </div>
      </div>
      {open === 'times' && <TimesDialog lines={lines} chosen={line} head={head()} lang={lang} onApply={(next) => { set(next); setOpen(null); }} onClose={() => setOpen(null)} />}
      {open === 'about' && <About title={title} one={doc.one} onClose={() => { setOpen(null); void load(); }} />}
      {open === 'revisions' && <Revisions title={title} one={doc.one} onReverted={() => { setOpen(null); void load(); }} onClose={() => setOpen(null)} />}
      {open === 'keys' && <Keys onClose={() => setOpen(null)} />}
      {guard}
    </Page>
  );
}
