/* Versions.tsx - a title's cuts and languages: added from a film that came in as a draft, named as viewers read it, taken away. */
import { ActionIcon, Button, Select, TextInput, Tooltip } from '@mantine/core';
import { Pencil, Play, Plus, Trash2, Upload } from 'lucide-react';
import { useState } from 'react';
import type { EditorTitle, TitleCard, Version } from '@shared/api/client';
import { uploads } from '../../api/uploads';
import { useVersions, type Change } from '../../api/versions';
import { filesChoose } from '../../lib/filesChoose';
import { languageOptions } from '../../lib/languages';
import { languageName, t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Form, Side } from '../../ui/Form';
import { Panel } from '../../ui/Page';
import { failureText } from '../../ui/States';
import { Tag } from '../../ui/Tag';
import { TitleSearch } from '../../ui/TitleSearch';
import { say } from '../../ui/Toasts';
import css from './versions.module.css';

type Put = ReturnType<typeof useVersions>;
const nameOf = (one: Version): string => one.label ?? (one.kind === 'main' ? t('version.main') : one.kind);

/** version: one that is there; none: a new one, of a film that is chosen. */
function Editing({ whole, version, put, onDone }: { whole: EditorTitle; version: Version | null; put: Put; onDone: () => void }) {
  const [label, setLabel] = useState(version?.label ?? '');
  const [lang, setLang] = useState(version?.lang ?? null);
  const [from, setFrom] = useState<TitleCard | null>(null);
  const name = label.trim();
  const ready = (name || version?.kind === 'main') && (version || from);
  const save = () => {
    const change: Change = version ? { act: 'label', version: version.id, label: name, lang } : { act: 'add', from: from?.id ?? '', label: name, lang };
    if (ready) put.mutate(change, { onSuccess: onDone });
  };
  const upload = async () => {
    const [file] = await filesChoose();
    if (!file) return;
    const own = whole.texts.find((one) => one.lang === whole.lang)?.name ?? whole.slug;
    uploads.add([{ file, title: [own, name].filter(Boolean).join(' – ') }]);
    say(t('version.uploading'));
    onDone();
  };
  return (
    <Form error={put.error} busy={put.isPending} action={version ? t('action.save') : t('version.add')} onSubmit={save} onCancel={onDone}>
      <TextInput label={t('version.label')} placeholder={t('version.label_hint')} value={label} onChange={(event) => setLabel(event.currentTarget.value)} maxLength={100} dir="auto" data-autofocus data-testid="version-label" />
      <Select label={t('version.lang')} data={languageOptions([])} value={lang} onChange={setLang} searchable clearable clearButtonProps={{ 'aria-label': t('version.any_lang') }} placeholder={t('version.any_lang')} />
      {!version && (
        <>
          <TitleSearch label={t('version.film')} without={[whole.id]} onPick={setFrom} testid="version-film" />
          {from && <p className={css.chosen} dir="auto" data-testid="version-chosen">{from.name}</p>}
          <p className={css.hint}>{t('version.film_hint')}</p>
          <Button leftSection={<Upload size={15} aria-hidden />} onClick={() => void upload()}>{t('version.upload')}</Button>
        </>
      )}
    </Form>
  );
}

export function Versions({ whole, onBefore }: { whole: EditorTitle; onBefore: () => Promise<void> }) {
  const put = useVersions(whole);
  const [editing, setEditing] = useState<Version | 'new' | null>(null);
  const [dropping, setDropping] = useState<Version | null>(null);
  /* The title's revision grows with it: what was typed elsewhere on the page goes out first. */
  const edit = (what: Version | 'new') => void onBefore().then(() => { put.reset(); setEditing(what); });
  const drop = () => {
    if (dropping) put.mutate({ act: 'drop', version: dropping.id }, { onSuccess: () => say(t('version.dropped', { name: nameOf(dropping) })), onError: (error) => say(failureText(error), { bad: true }) });
    setDropping(null);
  };
  return (
    <Panel id="versions" title={t('version.title')} lead={whole.versions.length > 1 ? undefined : t('version.lead')} actions={<Button size="xs" leftSection={<Plus size={13} aria-hidden />} onClick={() => edit('new')} data-testid="add-version">{t('version.add')}</Button>}>
      <ul className={css.list}>
        {whole.versions.map((one) => {
          const name = nameOf(one);
          return (
            <li key={one.id} className={css.row} data-testid="version">
              <span className={css.name} dir="auto">{name}</span>
              <span className={css.tags}>
                {one.kind === 'main' && one.label && <Tag>{t('version.main')}</Tag>}
                {one.lang && <Tag tone="info">{languageName(one.lang)}</Tag>}
                {!one.playable && <Tag tone="busy">{t('missing.video')}</Tag>}
              </span>
              {one.playable && <Tooltip label={t('title.watch')}><ActionIcon component="a" href={`/watch/${whole.slug}${one.kind === 'main' ? '' : `?version=${one.id}`}`} target="_blank" rel="noopener" variant="subtle" color="gray" aria-label={t('version.watch', { name })}><Play size={15} aria-hidden /></ActionIcon></Tooltip>}
              <ActionIcon variant="subtle" color="gray" aria-label={t('version.edit', { name })} onClick={() => edit(one)}><Pencil size={15} aria-hidden /></ActionIcon>
              {one.kind !== 'main' && <ActionIcon variant="subtle" color="gray" aria-label={t('version.drop', { name })} onClick={() => setDropping(one)}><Trash2 size={15} aria-hidden /></ActionIcon>}
            </li>
          );
        })}
      </ul>
      <Side title={editing === 'new' ? t('version.add') : t('version.edit_title')} open={editing !== null} onClose={() => setEditing(null)}>
        {editing && <Editing whole={whole} version={editing === 'new' ? null : editing} put={put} onDone={() => setEditing(null)} />}
      </Side>
      <Confirm open={dropping !== null} title={t('version.drop_sure', { name: dropping ? nameOf(dropping) : '' })} text={t('version.drop_text')} action={t('version.drop_yes')} onYes={drop} onNo={() => setDropping(null)} />
    </Panel>
  );
}
