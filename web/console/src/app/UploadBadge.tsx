/* UploadBadge.tsx - how far uploads are, wherever in the console one is. */
import { useUploads } from '../api/uploads';
import { t } from '../messages';
import css from './badge.module.css';

export function UploadBadge() {
  const list = useUploads();
  const going = list.filter((one) => one.state === 'waiting' || one.state === 'sending');
  if (!going.length) return null;
  const total = going.reduce((sum, one) => sum + one.file.size, 0);
  const percent = total ? Math.floor((100 * going.reduce((sum, one) => sum + one.sent, 0)) / total) : 0;
  return <span className={css.badge} aria-label={t('ingest.uploading', { percent })}>{percent}%</span>;
}
