/* EncodeAgain.tsx - a title's film made again from its source, with other wishes; what is left alone stays as it was. */
import { Button, Modal, Select } from '@mantine/core';
import { useState } from 'react';
import type { EncodeAgain as Wishes } from '@shared/api/client';
import { useEncodeAgain } from '../../api/titles';
import { t } from '../../messages';
import { failureText } from '../../ui/States';
import { say } from '../../ui/Toasts';
import css from '../../ui/confirm.module.css';

const presets: NonNullable<Wishes['preset']>[] = ['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium', 'slow', 'slower', 'veryslow'];
const heights = [2160, 1440, 1080, 720, 540, 360];

export function EncodeAgain({ id, open, onClose }: { id: string; open: boolean; onClose: () => void }) {
  const [ladder, setLadder] = useState<string | null>(null);
  const [height, setHeight] = useState<string | null>(null);
  const [preset, setPreset] = useState<string | null>(null);
  const [codecs, setCodecs] = useState<string | null>(null);
  const again = useEncodeAgain(id);
  const wishes = (): Wishes => ({
    ...(ladder ? { ladder: ladder as NonNullable<Wishes['ladder']> } : {}),
    ...(codecs ? { codecs: codecs.split(',') as NonNullable<Wishes['codecs']> } : {}),
    ...(height ? { max_height: Number(height) } : {}),
    ...(preset ? { preset: preset as NonNullable<Wishes['preset']> } : {}),
  });
  const done = () => {
    say(t('again.begun'));
    onClose();
  };
  const as_was = t('again.as_was');
  return (
    <Modal opened={open} onClose={onClose} title={t('again.title')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className={css.form} onSubmit={(event) => { event.preventDefault(); again.mutate(wishes(), { onSuccess: done, onError: (error) => say(failureText(error), { bad: true }) }); }}>
        <p className={css.text}>{t('again.text')}</p>
        <Select label={t('again.ladder')} placeholder={as_was} clearable value={ladder} onChange={setLadder} data-autofocus data-testid="again-ladder"
          data={[{ value: 'auto', label: t('again.auto') }, { value: 'per_title', label: t('again.per_title') }, { value: 'fixed', label: t('again.fixed') }]} />
        <Select label={t('again.codecs')} description={t('again.codecs_hint')} placeholder={as_was} clearable value={codecs} onChange={setCodecs}
          data={[{ value: 'h264', label: t('again.no_codecs') }, { value: 'hevc', label: 'HEVC' }, { value: 'av1', label: 'AV1' }, { value: 'hevc,av1', label: 'HEVC, AV1' }]} />
        <Select label={t('again.height')} placeholder={as_was} clearable value={height} onChange={setHeight} data={heights.map((one) => ({ value: String(one), label: `${one}p` }))} />
        <Select label={t('again.preset')} description={t('again.preset_hint')} placeholder={as_was} clearable value={preset} onChange={setPreset} data={presets} />
        <div className={css.actions}>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button type="submit" variant="filled" loading={again.isPending} data-testid="again-go">{t('again.go')}</Button>
        </div>
      </form>
    </Modal>
  );
}
