/* About.tsx - what subtitles are: language, name, flags; what was found out about the file, and the file anew in another encoding. */
import { Button, Select, Switch, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { subtitleFileSent, useSubtitleChange, useSubtitleReplace, type Subtitle } from '../../api/subtitles';
import { filesChoose } from '../../lib/filesChoose';
import { languageName, t } from '../../messages';
import { Form, Side, text, useFieldError } from '../../ui/Form';
import { failureText } from '../../ui/States';
import { say } from '../../ui/Toasts';
import css from './subtitles.module.css';

const languages = ['ar', 'bg', 'bn', 'ca', 'cs', 'da', 'de', 'el', 'en', 'en-GB', 'en-US', 'es', 'es-419', 'et', 'eu', 'fa', 'fi', 'fil', 'fr', 'fr-CA', 'ga', 'gl', 'he', 'hi', 'hr', 'hu', 'id', 'is', 'it', 'ja', 'ko', 'lt', 'lv', 'ms', 'nb', 'nl', 'nn', 'no', 'pl', 'pt', 'pt-BR', 'ro', 'ru', 'sk', 'sl', 'sr', 'sv', 'ta', 'te', 'th', 'tr', 'uk', 'ur', 'vi', 'zh', 'zh-Hans', 'zh-Hant'];
const encodings = ['UTF-8', 'UTF-16LE', 'UTF-16BE', 'windows-1250', 'windows-1251', 'windows-1252', 'windows-1253', 'windows-1254', 'windows-1255', 'windows-1256', 'windows-1257', 'windows-1258', 'windows-874', 'ISO-8859-2', 'ISO-8859-5', 'ISO-8859-7', 'ISO-8859-15', 'KOI8-R', 'KOI8-U', 'Shift_JIS', 'EUC-JP', 'GB18030', 'Big5', 'EUC-KR', 'macintosh'];

function Language({ value, onChange }: { value: string; onChange: (lang: string) => void }) {
  const tags = [...new Set([value, ...languages])].map((tag) => ({ value: tag, label: languageName(tag) })).sort((a, b) => a.label.localeCompare(b.label));
  return <Select label={t('subtitles.language')} data={tags} value={value} onChange={(lang) => lang && onChange(lang)} searchable error={useFieldError('lang')} data-testid="subtitle-lang" />;
}

/** The bytes are with the editor: the same file once more, read otherwise, at once where it was sent just now; or another one. */
function File({ title, one }: { title: string; one: Subtitle }) {
  const replace = useSubtitleReplace(title);
  const [encoding, setEncoding] = useState('');
  const known = subtitleFileSent(one.id);
  const send = (file: File | undefined, encoding: string) => {
    if (file) replace.mutate({ one, file, encoding: encoding || undefined }, { onSuccess: (now) => say(t('subtitles.replaced', { encoding: now.encoding ?? '' })), onError: (error) => say(failureText(error), { bad: true }) });
  };
  const read = (value: string) => {
    setEncoding(value);
    send(known, value);
  };
  const found: [string, string][] = [
    [t('subtitles.encoding'), one.encoding ?? '–'],
    [t('subtitles.found'), one.detected ? t('subtitles.found_percent', { language: languageName(one.detected.lang), percent: one.detected.percent }) : t('subtitles.not_found')],
  ];
  return (
    <section className={css.file} aria-label={t('subtitles.file')}>
      <h3>{t('subtitles.file')}</h3>
      <dl className={css.found}>{found.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      {one.notes.length > 0 && <ul className={css.notes}>{one.notes.map((note, i) => <li key={i}>{note}</li>)}</ul>}
      <Select label={t('subtitles.read_as')} data={[{ value: '', label: t('subtitles.read_auto') }, ...encodings]} value={encoding} onChange={(value) => read(value ?? '')} disabled={replace.isPending} searchable data-testid="subtitle-encoding" />
      <Button onClick={() => void filesChoose('.srt,.vtt,.ass,.ssa,.ttml,.dfxp,.xml,.itt,text/vtt').then(([file]) => send(file, encoding))} loading={replace.isPending}>{t('subtitles.replace')}</Button>
    </section>
  );
}

export function About({ title, one, onClose }: { title: string; one: Subtitle; onClose: () => void }) {
  const change = useSubtitleChange(title);
  const [lang, setLang] = useState(one.lang);
  const [kind, setKind] = useState(one.forced ? 'forced' : one.sdh ? 'sdh' : 'plain');
  const [on, setOn] = useState(one.default);
  useEffect(() => setLang(one.lang), [one.lang]); /* a file read otherwise may speak another language */
  const save = (data: FormData) =>
    change.mutate({ id: one.id, revision: one.revision, lang, label: text(data, 'label'), sdh: kind === 'sdh', forced: kind === 'forced', default: on }, { onSuccess: () => { say(t('subtitles.saved')); onClose(); } });
  return (
    <Side title={t('subtitles.about')} open onClose={onClose}>
      <Form error={change.error} busy={change.isPending} onSubmit={save} onCancel={onClose}>
        <Language value={lang} onChange={setLang} />
        <TextInput name="label" label={t('subtitles.label')} description={t('subtitles.label_hint')} defaultValue={one.label} placeholder={one.name} maxLength={100} dir="auto" />
        <Select
          label={t('subtitles.kind')} value={kind} onChange={(value) => setKind(value ?? 'plain')} data-testid="subtitle-kind"
          data={[{ value: 'plain', label: t('subtitles.kind_plain') }, { value: 'sdh', label: t('subtitles.kind_sdh') }, { value: 'forced', label: t('subtitles.kind_forced') }]}
        />
        <Switch label={t('subtitles.default_on')} checked={on} onChange={(event) => setOn(event.currentTarget.checked)} />
      </Form>
      <File title={title} one={one} />
    </Side>
  );
}
