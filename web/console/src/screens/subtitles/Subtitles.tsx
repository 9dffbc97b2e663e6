/* Subtitles.tsx - a title's subtitles: what there is, in which language, of whom; files dropped on the page join them. */
import { ActionIcon, Button, Menu } from '@mantine/core';
import { Download, Ellipsis, Pencil, Trash2, Upload } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import { SUBTITLE_FILE_MAX, subtitleFileUrl, useSubtitleAdd, useSubtitleRemove, useSubtitleRevert, useSubtitles, type Subtitle } from '../../api/subtitles';
import { isSubtitle, subtitleTaker } from '../../lib/dropTaker';
import { filesChoose } from '../../lib/filesChoose';
import { languageName, t } from '../../messages';
import { Panel } from '../../ui/Page';
import { Failure, failureText, RowsSkeleton } from '../../ui/States';
import { Tag } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import { About } from './About';
import css from './subtitles.module.css';

function Row({ title, one, onAbout }: { title: string; one: Subtitle; onAbout: () => void }) {
  const remove = useSubtitleRemove(title);
  const revert = useSubtitleRevert(title);
  const gone = () =>
    say(t('subtitles.removed', { name: one.name }), { undo: () => revert.mutate({ id: one.id, revision: one.revision + 1, to: one.revision }, { onError: (error) => say(failureText(error), { bad: true }) }) });
  const whence = one.source === 'film' ? t('subtitles.of_film') : (one.file_name ?? t('subtitles.uploaded'));
  return (
    <li className={css.item} data-testid="subtitle">
      <Link to={`/titles/${title}/subtitles/${one.id}`} className={css.itemName} dir="auto">{languageName(one.lang)}</Link>
      <span className={css.itemTags}>
        {one.sdh && <Tag tone="info">{t('subtitles.sdh')}</Tag>}
        {one.forced && <Tag tone="busy">{t('subtitles.forced')}</Tag>}
        {one.default && <Tag>{t('subtitles.default')}</Tag>}
        {!one.shown && <Tag tone="bad">{t('subtitles.no_film')}</Tag>}
        {one.notes.length > 0 && <Tag tone="busy">{t('subtitles.mended', { count: one.notes.length })}</Tag>}
      </span>
      <span className={css.itemFacts}>
        <span dir="auto" className={css.itemFile}>{whence}</span>
        <span>{t('subtitles.lines', { count: one.cues })}</span>
        {one.source === 'upload' && one.encoding && <span>{one.encoding}</span>}
      </span>
      <Menu position="bottom-end">
        <Menu.Target><ActionIcon variant="subtle" color="gray" aria-label={t('subtitles.more', { name: one.name })}><Ellipsis size={17} aria-hidden /></ActionIcon></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Pencil size={15} aria-hidden />} onClick={onAbout}>{t('subtitles.about')}</Menu.Item>
          <Menu.Item component="a" href={subtitleFileUrl(one.id, 'srt')} download leftSection={<Download size={15} aria-hidden />}>{t('subtitles.download', { format: 'SRT' })}</Menu.Item>
          <Menu.Item component="a" href={subtitleFileUrl(one.id, 'vtt')} download leftSection={<Download size={15} aria-hidden />}>{t('subtitles.download', { format: 'WebVTT' })}</Menu.Item>
          <Menu.Item color="red" leftSection={<Trash2 size={15} aria-hidden />} onClick={() => remove.mutate(one, { onSuccess: gone, onError: (error) => say(failureText(error), { bad: true }) })}>{t('subtitles.remove')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}

export function Subtitles({ title }: { title: string }) {
  const list = useSubtitles(title);
  const add = useSubtitleAdd(title);
  const [about, setAbout] = useState<string | null>(null);
  const told = (one: Subtitle) => {
    say(one.detected ? t('subtitles.added_found', { language: languageName(one.lang), encoding: one.encoding ?? '' }) : t('subtitles.added', { name: one.name }));
    if (one.lang === 'und' || one.notes.length) setAbout(one.id); /* somebody has to look */
  };
  const send = async (files: readonly File[]) => {
    for (const file of files)
      if (file.size > SUBTITLE_FILE_MAX) say(t('subtitles.too_large', { file: file.name }), { bad: true });
      else await add.mutateAsync(file).then(told, (error: unknown) => say(t('subtitles.refused', { file: file.name, why: failureText(error) }), { bad: true }));
  };
  const latest = useRef(send);
  latest.current = send;
  useEffect(() => subtitleTaker((files) => void latest.current(files)), []);
  const choose = async () => {
    const files = await filesChoose('.srt,.vtt,.ass,.ssa,.ttml,.dfxp,.xml,.itt,text/vtt');
    const known = files.filter(isSubtitle);
    if (known.length < files.length) say(t('subtitles.no_subtitles', { count: files.length - known.length }), { bad: true });
    await send(known);
  };
  const shown = list.data?.find((one) => one.id === about);
  return (
    <Panel id="subtitles" title={t('title.subtitles')} lead={t('subtitles.lead')} actions={<Button size="xs" leftSection={<Upload size={13} aria-hidden />} loading={add.isPending} onClick={() => void choose()} data-testid="add-subtitles">{t('subtitles.add')}</Button>}>
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <RowsSkeleton rows={2} />}
      {list.data?.length === 0 && <p className={css.none}>{t('subtitles.none')}</p>}
      {list.data && list.data.length > 0 && <ul className={css.items}>{list.data.map((one) => <Row key={one.id} title={title} one={one} onAbout={() => setAbout(one.id)} />)}</ul>}
      {shown && <About title={title} one={shown} onClose={() => setAbout(null)} />}
    </Panel>
  );
}
