/* More.tsx - what else is on the programme: the newest, without the title itself and without what is being watched. */
import { useHome } from '../../api/queries';
import { t } from '../../messages';
import { Row } from '../home/Row';
import css from './title.module.css';

export function More({ but }: { but: string }) {
  const home = useHome().data;
  const newest = home?.rows.find((row) => row.kind === 'new');
  const items = newest?.items.filter((title) => title.id !== but) ?? [];
  if (!items.length) return null; /* an extra: nothing is better than an error here */
  return (
    <div className={css.more}>
      <Row row={{ id: 'title-more', kind: 'more', shape: 'poster', title: t('title.more'), items }} index={0} />
    </div>
  );
}
