/* TitleScreen.tsx - everything one wants to know before pressing Play. */
import { Clapperboard, Film } from 'lucide-react';
import { useEffect } from 'react';
import { Link, useParams } from 'react-router';
import { ApiError, type Title, type TitleCard } from '@shared/api/client';
import { useKnownCard, useKnownLogo, useTitle } from '../../api/queries';
import { eventNote } from '../../events/queue';
import { usePageTitle } from '../../lib/hooks';
import { episodeShort, fullName, nextUp } from '../../lib/series';
import { endsAt, leftText, resumeAt } from '../../lib/time';
import { t } from '../../messages';
import { playerPrefetch } from '../../player/prefetch';
import { ButtonLink } from '../../ui/Button';
import { Facts } from '../../ui/Facts';
import { Picture } from '../../ui/Picture';
import { ProgressBar } from '../../ui/ProgressBar';
import { Loading, Skeleton } from '../../ui/Skeleton';
import { FailedState, StateScreen } from '../../ui/StateScreen';
import { TitleName } from '../../ui/TitleName';
import { Row } from '../home/Row';
import { About } from './About';
import { More } from './More';
import { Opinion } from './Opinion';
import { Seasons } from './Seasons';
import { Ways } from './Ways';
import css from './title.module.css';

/** What Play opens, and what stands under it. A series plays the episode that is next. */
function Actions({ card, title }: { card: TitleCard; title: Title | undefined }) {
  const many = card.kind === 'series' || card.kind === 'season';
  const play = many ? title && nextUp(title.seasons) : card;
  const trailer = title?.extras.find((extra) => extra.kind === 'trailer');
  const opinion = (
    <>
      {trailer && (
        <ButtonLink size="l" icon={<Film aria-hidden />} to={`/watch/${trailer.slug}`} data-testid="trailer">
          {t('title.trailer')}
        </ButtonLink>
      )}
      <Opinion id={card.id} />
    </>
  );
  if (!play) {
    return (
      <>
        <div className={css.actions}>{opinion}</div>
        {title && <p className={css.ends}>{t('series.none')}</p>}
      </>
    );
  }
  const { progress } = play;
  return (
    <Ways title={play} opinion={opinion} episode={many ? episodeShort(play) : undefined}>
      {progress && resumeAt(progress) > 0 ? (
        <div className={css.progress}>
          <ProgressBar {...progress} />
          <span>{leftText(progress.position_s, progress.duration_s)}</span>
        </div>
      ) : (
        !many && <p className={css.ends}>{t('title.ends_at', { time: endsAt(play.runtime_s, new Date()) })}</p>
      )}
    </Ways>
  );
}

/** As somebody rated it, or the age that it is for; nothing where nobody did. */
function ageText(title: Title): string | undefined {
  const [label] = title.ratings;
  if (label) return `${label.system} ${label.label}`;
  if (title.maturity >= 18) return undefined;
  return title.maturity > 0 ? t('title.ages', { age: title.maturity }) : t('title.ages_all');
}

/** A series without artwork has its first episode's. */
const backdropOf = (title: Title) => title.backdrop ?? title.still ?? title.seasons[0]?.episodes[0]?.still ?? null;

function Top({ card, title }: { card: TitleCard; title: Title | undefined }) {
  const { series } = card;
  const known = useKnownLogo(card.slug);
  return (
    <section className={css.top} data-top data-many={card.kind === 'series' || undefined}>
      <Picture key={title ? 'backdrop' : 'still'} image={title ? backdropOf(title) : card.still} name={card.name} shape="fill" sizes="100vw" eager className={css.backdrop} />
      <div className={css.words}>
        <div className={css.text}>
          {series && (
            <p className={css.series}>
              <Link to={`/title/${series.slug}`} dir="auto" viewTransition data-testid="series-link">
                {series.name}
              </Link>
              {episodeShort(card) && ` · ${episodeShort(card)}`}
            </p>
          )}
          <TitleName name={card.name} logo={title ? title.logo : known} />
          <div className={css.facts}>
            <Facts title={card} seasons={card.kind === 'series' ? title?.seasons.length : undefined} age={title && ageText(title)} />
          </div>
          <Actions card={card} title={title} />
          {title?.tagline && <p className={css.tagline} dir="auto">{title.tagline}</p>}
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
  usePageTitle(card && fullName(card));
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
      {query.data && (query.data.kind === 'series' || query.data.kind === 'season') && <Seasons key={query.data.id} seasons={query.data.seasons} />}
      {query.data && query.data.extras.length > 0 && (
        <div className={css.extras}>
          <Row row={{ id: 'title-extras', kind: 'extras', shape: 'still', title: t('title.extras'), items: query.data.extras }} index={0} />
        </div>
      )}
      <More but={card.id} genre={query.data?.genres[0]} />
    </article>
  );
}
