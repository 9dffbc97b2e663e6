/* TitleScreen.tsx - everything one wants to know before pressing Play. */
import { Clapperboard } from 'lucide-react';
import { useEffect } from 'react';
import { useParams } from 'react-router';
import { ApiError, type Title, type TitleCard } from '@shared/api/client';
import { useKnownCard, useTitle } from '../../api/queries';
import { eventNote } from '../../events/queue';
import { usePageTitle } from '../../lib/hooks';
import { endsAt, leftText, resumeAt } from '../../lib/time';
import { isLong } from '../../lib/words';
import { t } from '../../messages';
import { playerPrefetch } from '../../player/prefetch';
import { ButtonLink } from '../../ui/Button';
import { Facts } from '../../ui/Facts';
import { Picture } from '../../ui/Picture';
import { ProgressBar } from '../../ui/ProgressBar';
import { Loading, Skeleton } from '../../ui/Skeleton';
import { FailedState, StateScreen } from '../../ui/StateScreen';
import { About } from './About';
import { More } from './More';
import { Opinion } from './Opinion';
import { Ways } from './Ways';
import css from './title.module.css';

function Actions({ title }: { title: TitleCard }) {
  const progress = title.progress;
  return (
    <Ways title={title} opinion={<Opinion id={title.id} />}>
      {progress && resumeAt(progress) > 0 ? (
        <div className={css.progress}>
          <ProgressBar {...progress} />
          <span>{leftText(progress.position_s, progress.duration_s)}</span>
        </div>
      ) : (
        <p className={css.ends}>{t('title.ends_at', { time: endsAt(title.runtime_s, new Date()) })}</p>
      )}
    </Ways>
  );
}

function Top({ card, title }: { card: TitleCard; title: Title | undefined }) {
  return (
    <section className={css.top} data-top>
      <Picture key={title ? 'backdrop' : 'still'} image={title ? (title.backdrop ?? title.still) : card.still} name={card.name} shape="fill" sizes="100vw" eager className={css.backdrop} />
      <div className={css.words}>
        <div className={css.text}>
          <h1 dir="auto" data-long={isLong(card.name)}>{card.name}</h1>
          <div className={css.facts}>
            <Facts title={card} />
          </div>
          <Actions title={card} />
          {title ? title.synopsis && <p className={css.synopsis} dir="auto">{title.synopsis}</p> : <Skeleton height="4.5rem" width="min(38rem, 100%)" />}
        </div>
        {title && <About title={title} />}
      </div>
    </section>
  );
}

function TitleSkeleton() {
  return (
    <>
      <Loading label={t('title.loading')} />
      <section className={css.top} aria-hidden>
        <div className={css.words}>
          <div className={css.text}>
            <Skeleton width="min(26rem, 80%)" height="3.5rem" />
            <Skeleton width="14rem" height="1.25rem" />
            <Skeleton width="12rem" height="3.25rem" />
            <Skeleton width="min(38rem, 100%)" height="4.5rem" />
          </div>
        </div>
      </section>
    </>
  );
}

export function TitleScreen() {
  const { slug = '' } = useParams();
  const query = useTitle(slug);
  const known = useKnownCard(slug);
  const card = query.data ?? known;
  usePageTitle(card?.name);
  const id = query.data?.id;
  useEffect(() => {
    if (!id) return;
    eventNote({ name: 'title.opened', title_id: id });
    return playerPrefetch();
  }, [id]);

  if (query.isError && !query.data) {
    if (query.error instanceof ApiError && query.error.status === 404) {
      return (
        <StateScreen icon={Clapperboard} title={t('title.missing')} detail={t('title.missing_detail')}>
          <ButtonLink look="accent" to="/">
            {t('action.home')}
          </ButtonLink>
        </StateScreen>
      );
    }
    return <FailedState error={query.error} retry={() => void query.refetch()} />;
  }
  if (!card) return <TitleSkeleton />;
  return (
    <article data-testid="title">
      <Top card={card} title={query.data} />
      <More but={card.id} />
    </article>
  );
}
