/* CollectionScreen.tsx - titles that an editor put together, in the editor's order. */
import { Clapperboard } from 'lucide-react';
import { useParams } from 'react-router';
import { ApiError } from '@shared/api/client';
import { useCollection } from '../../api/queries';
import { usePageTitle } from '../../lib/hooks';
import { t } from '../../messages';
import { StateScreen } from '../../ui/StateScreen';
import { Grid } from './Grid';
import { Gone } from './Gone';
import css from './browse.module.css';

export function CollectionScreen() {
  const { slug = '' } = useParams();
  const list = useCollection(slug);
  const head = list.data?.pages[0];
  usePageTitle(head?.name);
  if (list.error instanceof ApiError && list.error.status === 404) return <Gone />;
  return (
    <div className={css.page} data-testid="collection">
      <h1 dir="auto">{head?.name ?? ' '}</h1>
      {head?.synopsis && (
        <p className={css.lead} dir="auto">
          {head.synopsis}
        </p>
      )}
      <Grid list={list} row={`collection-${slug}`} empty={<StateScreen small icon={Clapperboard} title={t('browse.empty')} detail={t('home.empty_detail')} />} />
    </div>
  );
}
