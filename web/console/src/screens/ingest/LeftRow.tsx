/* LeftRow.tsx - an upload that was interrupted: gone on with from the file that the browser still knows, from the file chosen again, or given up. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import { uploads, type Left } from '../../api/uploads';
import { fileOfHandle } from '../../lib/dropped';
import { filesChoose } from '../../lib/filesChoose';
import { agoText, bytesText } from '../../lib/format';
import { markOf } from '../../lib/kept';
import { t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { failureText } from '../../ui/States';
import { Tag } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import { Bar } from './Bar';
import css from './ingest.module.css';

/** The file that goes on, if it is the same one. */
async function fileAgain({ kept }: Left): Promise<File | null> {
  if (!kept) return null;
  const remembered = kept.handle ? await fileOfHandle(kept.handle) : null;
  const file = remembered ?? (await filesChoose())[0] ?? null;
  if (!file || markOf(kept.account, file) === kept.mark) return file;
  say(t('ingest.other_file', { name: kept.name }), { bad: true });
  return null;
}

export function LeftRow({ one, giveUp }: { one: Left; giveUp: (one: Left) => Promise<void> }) {
  const [asking, setAsking] = useState(false);
  const { kept } = one;
  const goOn = async () => {
    const file = await fileAgain(one);
    if (file && kept) uploads.add([{ file, handle: kept.handle, title: kept.title, into: kept.into }]);
  };
  const stop = () => {
    setAsking(false);
    giveUp(one).catch((error: unknown) => say(failureText(error), { bad: true }));
  };
  return (
    <article className={css.row} data-testid="left" data-sent={one.sent}>
      <div className={css.what}>
        <h2 className={css.name} dir="auto">{kept?.title ?? one.name}</h2>
        <p className={css.file} dir="auto">{one.name}</p>
      </div>
      <div className={css.how}>
        <div className={css.line}>
          <Tag tone="busy">{t('ingest.interrupted')}</Tag>
          <span className={css.detail}>{[t('ingest.of', { done: bytesText(one.sent), all: bytesText(one.size) }), agoText(one.at)].join(' · ')}</span>
        </div>
        <Bar value={one.size ? one.sent / one.size : 0} label={t('ingest.interrupted')} />
        <p className={css.detail}>{kept ? (kept.handle ? t('ingest.left_handle') : t('ingest.left_drop')) : t('ingest.left_elsewhere')}</p>
      </div>
      <div className={css.acts}>
        {kept && <Button size="xs" variant="filled" onClick={() => void goOn()} data-testid="go-on">{t('action.go_on')}</Button>}
        <Button size="xs" onClick={() => setAsking(true)}>{t('ingest.give_up')}</Button>
      </div>
      <Confirm open={asking} title={t('ingest.give_up_title', { name: kept?.title ?? one.name })} text={t('ingest.give_up_text')} action={t('ingest.give_up')} onNo={() => setAsking(false)} onYes={stop} />
    </article>
  );
}
