/* Opinion.tsx - onto my list, liked, not liked: the three buttons beside Play. Pressed is shown at once and taken back when it fails. */
import { Check, Plus, ThumbsDown, ThumbsUp } from 'lucide-react';
import { useListPut, useRatingPut, useTitleState } from '../../api/viewing';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import css from './title.module.css';

export function Opinion({ id }: { id: string }) {
  const state = useTitleState(id).data;
  const list = useListPut(id);
  const rating = useRatingPut(id);
  const listed = list.isPending ? list.variables : (state?.listed ?? false);
  const rated = rating.isPending ? rating.variables : (state?.rating ?? null);
  const rate = (what: 'like' | 'dislike') => rating.mutate(rated === what ? null : what);
  return (
    <div className={css.opinion}>
      <Button size="l" icon={listed ? <Check aria-hidden /> : <Plus aria-hidden />} aria-pressed={listed} disabled={!state} onClick={() => list.mutate(!listed)} data-testid="list">
        {t('title.my_list')}
      </Button>
      <Button size="icon" look="ghost" icon={<ThumbsUp aria-hidden fill={rated === 'like' ? 'currentColor' : 'none'} />} aria-pressed={rated === 'like'} disabled={!state} onClick={() => rate('like')} data-testid="like">
        <span className="hidden-text">{t('title.like')}</span>
      </Button>
      <Button size="icon" look="ghost" icon={<ThumbsDown aria-hidden fill={rated === 'dislike' ? 'currentColor' : 'none'} />} aria-pressed={rated === 'dislike'} disabled={!state} onClick={() => rate('dislike')} data-testid="dislike">
        <span className="hidden-text">{t('title.dislike')}</span>
      </Button>
    </div>
  );
}
