/* More.tsx - what else is on the programme: of its first genre, or the newest; without the title itself. */
import type { Named } from '@shared/api/client';
import { useBrowse, useHome } from '../../api/queries';
import { t } from '../../messages';
import { Row } from '../home/Row';
import css from './title.module.css';

const FEW = 4; /* fewer of a genre are no row */
const MANY = 20;

function useAlike(genre: Named | undefined, but: string) {
  const found = useBrowse({ genre: genre?.slug }, MANY, genre !== undefined);
  return found.data?.pages[0]?.items.filter((title) => title.id !== but) ?? [];
}

export function More({ but, genre }: { but: string; genre?: Named | undefined }) {
  const home = useHome().data;
  const alike = useAlike(genre, but);
  const newest = home?.rows.find((row) => row.kind === 'new')?.items.filter((title) => title.id !== but) ?? [];
  const items = alike.length >= FEW ? alike : newest;
  if (!items.length) return null; /* an extra: nothing is better than an error here */
  return (
    <div className={css.more}>
      <Row row={{ id: 'title-more', kind: 'more', shape: 'poster', title: t('title.more'), items }} index={0} />
    </div>
  );
}
