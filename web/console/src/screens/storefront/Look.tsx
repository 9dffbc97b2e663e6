/* Look.tsx - the house's name, mark, colours and letters, with what they make of the viewers' page beside them and whether it can be read. */
import { ActionIcon, Button, ColorInput, Select, SegmentedControl, TextInput, Tooltip } from '@mantine/core';
import { Check, Redo2, TriangleAlert, Undo2 } from 'lucide-react';
import { useMemo } from 'react';
import { ApiError, type Theme } from '@shared/api/client';
import { useLogo, useTheme, useThemeSave } from '../../api/storefront';
import { colourParse, lookCheck } from '../../lib/colour';
import type { Draft } from '../../lib/draft';
import { filesChoose } from '../../lib/filesChoose';
import { numberText } from '../../lib/format';
import { useDraft, useDraftKeys, useLeaving } from '../../lib/useDraft';
import { t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Panel } from '../../ui/Page';
import { Failure, failureText, RowsSkeleton } from '../../ui/States';
import { say } from '../../ui/Toasts';
import { LookSample } from './LookSample';
import css from './storefront.module.css';

export type LookFields = Pick<Theme, 'name' | 'ground' | 'text' | 'accent' | 'font' | 'corners'>;
const fieldsOf = ({ name, ground, text, accent, font, corners }: Theme): LookFields => ({ name, ground, text, accent, font, corners });
const fonts = ['inter', 'system', 'serif', 'rounded'] as const;
const corners = ['square', 'soft', 'round'] as const;
const swatches = { ground: ['#0b0c10', '#101418', '#0d1017', '#14101a', '#0f1512', '#1a1410'], text: ['#f2f3f5', '#ffffff', '#f5efe6', '#e8eef5'], accent: ['#f5b342', '#ff8a5c', '#7cc4ff', '#7ee0a3', '#e7a1ff', '#ffd84d'] };

function Readable({ look }: { look: LookFields }) {
  const [ground, text, accent] = [colourParse(look.ground), colourParse(look.text), colourParse(look.accent)];
  if (!ground || !text || !accent) return null;
  const { checks, dark } = lookCheck(ground, text, accent);
  const line = (good: boolean, words: string, key: string) => (
    <li key={key} className={css.check} data-good={good || undefined} data-testid={`check-${key}`}>
      {good ? <Check size={15} aria-label={t('look.good')} /> : <TriangleAlert size={15} aria-label={t('look.bad')} />}
      <span>{words}</span>
    </li>
  );
  return (
    <ul className={css.checks} aria-label={t('look.contrast')}>
      {line(dark, dark ? t('look.dark') : t('look.not_dark'), 'dark')}
      {checks.map((one) => line(one.good, t(`look.${one.what}_ratio`, { ratio: numberText(Math.floor(one.ratio * 10) / 10), needed: numberText(one.needed) }), one.what))}
    </ul>
  );
}

function Mark({ theme }: { theme: Theme }) {
  const logo = useLogo();
  const done = { onSuccess: () => say(t('look.logo_saved')), onError: (error: unknown) => say(failureText(error), { bad: true }) };
  const choose = async () => {
    const [file] = await filesChoose('image/png,image/webp,image/jpeg');
    if (file) logo.mutate(file, done);
  };
  return (
    <Panel id="mark" title={t('look.logo')} lead={t('look.logo_lead')}>
      <div className={css.mark} style={{ backgroundColor: theme.ground }}>{theme.logo ? <img src={theme.logo.src} alt={t('look.logo_of', { name: theme.name })} /> : <span style={{ color: theme.text }}>{theme.name}</span>}</div>
      <div className={css.acts}>
        <Button size="xs" loading={logo.isPending} onClick={() => void choose()} data-testid="logo-choose">{t('look.logo_choose')}</Button>
        {theme.logo && <Button size="xs" disabled={logo.isPending} onClick={() => logo.mutate(null, done)}>{t('look.logo_drop')}</Button>}
      </div>
    </Panel>
  );
}

export function Look() {
  const query = useTheme();
  const fields = useMemo(() => (query.data ? fieldsOf(query.data) : undefined), [query.data]);
  const draft = useDraft(fields, query.data?.revision);
  const save = useThemeSave();
  const leaving = useLeaving(draft?.dirty ?? false);
  const send = () => {
    if (!draft?.dirty || save.isPending || !query.data) return;
    const sent = draft.value;
    save.mutate({ revision: draft.revision, ...sent, name: sent.name.trim() }, { onSuccess: (theme) => { draft.settle(sent, fieldsOf(theme), theme.revision); say(t('look.saved')); } });
  };
  useDraftKeys(draft as Draft<unknown> | null, send);
  if (query.isError && !draft) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (!draft || !query.data) return <RowsSkeleton />;

  const look = draft.value;
  const set = <K extends keyof LookFields>(key: K, value: LookFields[K], step?: string) => { if (save.isError) save.reset(); draft.set({ ...draft.value, [key]: value }, step); };
  const refused = save.error instanceof ApiError ? save.error : null;
  const theirs = refused?.code === 'storefront.changed';
  const load = () => void query.refetch().then(({ data }) => { if (data) { draft.replace(fieldsOf(data), data.revision); save.reset(); } });
  const colour = (key: 'ground' | 'text' | 'accent') => (
    <ColorInput label={t(`look.${key}`)} value={look[key]} format="hex" swatches={swatches[key]} swatchesPerRow={6} onChange={(value) => set(key, value, key)} error={colourParse(look[key]) ? refused?.field(key) : t('look.hex')} eyeDropperButtonProps={{ 'aria-label': t('look.pick') }} data-testid={`look-${key}`} />
  );
  return (
    <>
      <div className={css.tools}>
        <span className={css.state} role="status" data-dirty={draft.dirty || undefined} data-testid="look-state">{draft.dirty ? t('front.unsaved') : t('save.saved')}</span>
        <Tooltip label={t('action.undo')}><ActionIcon variant="subtle" color="gray" disabled={!draft.canUndo} onClick={() => draft.undo()} aria-label={t('action.undo')}><Undo2 size={17} aria-hidden /></ActionIcon></Tooltip>
        <Tooltip label={t('action.redo')}><ActionIcon variant="subtle" color="gray" disabled={!draft.canRedo} onClick={() => draft.redo()} aria-label={t('action.redo')}><Redo2 size={17} aria-hidden /></ActionIcon></Tooltip>
        <Button variant="filled" disabled={!draft.dirty} loading={save.isPending} onClick={send} data-testid="look-save">{t('front.save')}</Button>
      </div>
      {refused && <p role="alert" className={css.problem}><span>{failureText(refused)}</span>{theirs && <Button size="xs" onClick={load}>{t('save.theirs')}</Button>}</p>}
      <div className={css.columns}>
        <div className={css.editor}>
          <Panel id="look" title={t('look.title')}>
            <div className={css.form} data-flat>
              <TextInput label={t('look.name')} description={t('look.name_hint')} value={look.name} maxLength={60} onChange={(event) => set('name', event.currentTarget.value, 'name')} error={refused?.field('name') ?? (look.name.trim() ? undefined : t('title.name_needed'))} data-testid="look-name" />
              <div className={css.grid}>
                {colour('ground')}
                {colour('text')}
                {colour('accent')}
                <Select label={t('look.font')} data={fonts.map((one) => ({ value: one, label: t(`font.${one}`) }))} value={look.font} onChange={(one) => { const font = fonts.find((name) => name === one); if (font) set('font', font); }} />
              </div>
              <div>
                <span className={css.legend} id="corners-label">{t('look.corners')}</span>
                <SegmentedControl aria-labelledby="corners-label" data={corners.map((one) => ({ value: one, label: t(`corners.${one}`) }))} value={look.corners} onChange={(one) => set('corners', one as LookFields['corners'])} />
              </div>
              <Readable look={look} />
            </div>
          </Panel>
          <Mark theme={query.data} />
        </div>
        <LookSample look={look} logo={query.data.logo} />
      </div>
      <Confirm open={leaving !== null} title={t('save.leave')} text={t('front.leave_text')} action={t('save.leave_anyway')} onYes={() => leaving?.go()} onNo={() => leaving?.stay()} />
    </>
  );
}
