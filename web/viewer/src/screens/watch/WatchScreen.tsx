/* WatchScreen.tsx - from an address to a playing film: the title, the decision whether it may be played, the player. */
import { useId } from 'react';
import { Navigate, useNavigate, useParams, useSearchParams } from 'react-router';
import type { TitleCard } from '@shared/api/client';
import { playbackOpen, progressChanged, sessionForget, useKnownCard, usePlayback, useSession, useTitle } from '../../api/queries';
import { usePageTitle } from '../../lib/hooks';
import { fullName, nextUp } from '../../lib/series';
import { errorForKids, errorOfApi, type Cure } from '../../player/errors';
import { Curtain, PlayProblem } from '../../player/Curtain';
import { PlayerView } from '../../player/PlayerView';

/** The cheapest way as a page: the plans, or the checkout of the rental; and back here. */
function offersOf(error: unknown, slug: string, id: string | undefined): string {
  const to = `/title/${slug}`;
  const { way } = errorOfApi(error, isSecureContext);
  if (way && way.kind !== 'plan' && id) return `/checkout?${new URLSearchParams({ offer: way.offer_id, title: id, to })}`;
  return way ? `/plans?to=${encodeURIComponent(to)}` : to;
}

/** A series and a season are watched by their episodes. */
const isMany = (card: TitleCard) => card.kind === 'series' || card.kind === 'season';

export function WatchScreen() {
  const { slug = '' } = useParams();
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const session = useSession().data;
  const known = useKnownCard(slug);
  const title = useTitle(slug);
  const card = title.data ?? known;
  const visit = useId();
  const version = params.get('version');
  const playback = usePlayback(card && !isMany(card) ? card.id : undefined, visit, version);
  usePageTitle(card && fullName(card));

  const failure = playback.error ?? (card ? null : title.error);
  const leave = () => {
    progressChanged();
    /* Back to where Play was pressed; whoever came by a link gets the title's page. */
    const within = (history.state as { idx?: number } | null)?.idx ?? 0;
    void (within > 0 ? navigate(-1) : navigate(`/title/${slug}`, { replace: true }));
  };
  const cure = (what: Cure) => {
    if (what === 'sign_in') {
      sessionForget(); /* RequireSession takes it from here, and brings the viewer back */
    } else if (what === 'leave') leave();
    else if (what === 'offers') void navigate(offersOf(failure, slug, card?.id), { replace: true });
    else if (what === 'mend') void navigate('/account/membership', { replace: true });
    else void (card ? playback.refetch() : title.refetch());
  };

  if (title.data && isMany(title.data)) {
    const episode = nextUp(title.data.seasons);
    return <Navigate to={episode ? `/watch/${episode.slug}` : `/title/${slug}`} replace />;
  }
  if (failure && !playback.data) {
    const shown = errorOfApi(failure, isSecureContext);
    return <PlayProblem error={session?.profile.kids ? errorForKids(shown) : shown} onCure={cure} onLeave={leave} busy={playback.isFetching} />;
  }
  if (!playback.data || !session) return <Curtain card={card} onLeave={leave} />;
  const from = params.get('from');
  return (
    <PlayerView
      key={playback.data.id}
      playback={playback.data}
      profile={session.profile}
      from_s={from !== null && Number.isFinite(Number(from)) ? Number(from) : null}
      series={{
        markers: version ? [] : (title.data?.markers ?? []), /* another cut has its intro elsewhere */
        next: title.data?.next ?? null,
        autoplay: session.profile.autoplay_next,
        onNext: (next) => {
          progressChanged();
          void navigate(`/watch/${next.slug}`, { replace: true });
        },
      }}
      renew={() => playbackOpen(playback.data.title.id, version)}
      onLeave={leave}
      onSignIn={() => sessionForget()}
    />
  );
}
