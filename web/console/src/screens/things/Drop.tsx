/* Drop.tsx - deleting: says first how many titles name it; what many name is typed before it goes. */
import { Button, Modal } from '@mantine/core';
import { useThingDrop, useThingTitles, type ThingKind } from '../../api/things';
import { t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { failureText } from '../../ui/States';
import { say } from '../../ui/Toasts';
import css from './things.module.css';

/** The server's own bound (catalog, things_use.c). */
const DETACH_MAX = 1000;
const TYPED_FROM = 10;

interface Props {
  kind: ThingKind;
  id: string;
  name: string;
  open: boolean;
  onNo: () => void;
  onGone: () => void;
}

export function Drop({ kind, id, name, open, onNo, onGone }: Props) {
  const use = useThingTitles(kind, id);
  const drop = useThingDrop(kind, id);
  const count = use.data?.count ?? 0;
  const yes = () => drop.mutate(count > 0, { onSuccess: () => { say(t('things.dropped', { name })); onGone(); }, onError: (error) => { say(failureText(error), { bad: true }); onNo(); } });
  const title = t('things.drop_title', { name });
  if (kind !== 'collections' && count > DETACH_MAX)
    return (
      <Modal opened={open} onClose={onNo} title={title} closeButtonProps={{ 'aria-label': t('action.close') }}>
        <div className={css.form}>
          <p className={css.none}>{t('things.drop_many', { count })}</p>
          <Button onClick={onNo}>{t('action.close')}</Button>
        </div>
      </Modal>
    );
  const text = count === 0 ? t('things.drop_unused') : kind === 'collections' ? t('things.drop_collection', { count }) : t('things.drop_used', { count });
  return <Confirm open={open && !use.isPending} title={title} text={text} action={t('things.drop')} {...(count >= TYPED_FROM ? { typed: name } : {})} busy={drop.isPending} onYes={yes} onNo={onNo} />;
}
