/* Curtain.tsx - what the player shows when there is no moving picture: before it, and instead of it. */
import { ArrowLeft, TriangleAlert } from 'lucide-react';
import type { TitleCard } from '@shared/api/client';
import { useLasting } from '../lib/hooks';
import { moneyText } from '../lib/money';
import { t } from '../messages';
import { Button } from '../ui/Button';
import { Picture } from '../ui/Picture';
import type { Cure, PlayError } from './errors';
import { OwnDevices } from './OwnDevices';
import { Watching } from './Watching';
import css from './curtain.module.css';

export function BackButton({ onLeave }: { onLeave: () => void }) {
  return (
    <button type="button" className={css.back} onClick={onLeave} aria-label={t('action.back')} title={t('action.back')} data-testid="leave">
      <ArrowLeft aria-hidden />
    </button>
  );
}

/** Only after 400 ms: a ring that flashes by makes everything feel slower. */
export function Ring({ on }: { on: boolean }) {
  return useLasting(on, 400) ? <span className={css.ring} role="status" aria-label={t('player.buffering')} data-testid="buffering" /> : null;
}

export function Curtain({ card, onLeave }: { card: TitleCard | undefined; onLeave?: () => void }) {
  return (
    <div className={css.curtain} aria-busy>
      {card?.still && <Picture image={card.still} name={card.name} shape="fill" sizes="100vw" eager className={css.blurred} />}
      {onLeave && <BackButton onLeave={onLeave} />}
      <p role="status" className="hidden-text">
        {t('player.loading', { name: card?.name ?? '' })}
      </p>
      <Ring on />
    </div>
  );
}

function cureText({ cure, way }: PlayError): string {
  if (cure === 'retry') return t('action.retry');
  if (cure === 'sign_in') return t('action.sign_in');
  if (cure === 'mend') return t('shop.membership');
  if (cure === 'leave') return t('action.back');
  if (!way?.price) return t('shop.see_offers');
  const price = moneyText(way.price);
  return way.kind === 'plan' ? t('shop.subscribe_from', { price }) : way.kind === 'rental' ? t('shop.rent', { price }) : t('shop.buy', { price });
}

type Problem = { error: PlayError; busy?: boolean; onCure: (cure: Cure) => void; onLeave: () => void };

export function PlayProblem({ error, busy, onCure, onLeave }: Problem) {
  const { cure } = error;
  return (
    <div className={css.problem} role="alertdialog" aria-labelledby="problem-title" aria-describedby="problem-detail" data-testid="play-error" data-code={error.code}>
      <BackButton onLeave={onLeave} />
      <TriangleAlert aria-hidden strokeWidth={1.25} />
      <h1 id="problem-title">{t(error.title)}</h1>
      <p id="problem-detail">{t(error.detail)}</p>
      {error.watching && <Watching streams={error.watching} onFree={() => onCure(cure)} />}
      {error.devices && <OwnDevices devices={error.devices} onFree={() => onCure(cure)} />}
      <div className={css.actions}>
        <Button look="accent" autoFocus busy={busy} onClick={() => onCure(cure)}>
          {cureText(error)}
        </Button>
        {cure !== 'leave' && <Button onClick={onLeave}>{t('action.back')}</Button>}
      </div>
      <p className={css.code}>{t('state.code', { code: error.code })}</p>
    </div>
  );
}
