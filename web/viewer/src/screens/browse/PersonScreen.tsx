/* PersonScreen.tsx - somebody, and what of theirs is on the programme. */
import { useParams } from 'react-router';
import { ApiError, type PersonCredit } from '@shared/api/client';
import { usePerson } from '../../api/queries';
import { usePageTitle } from '../../lib/hooks';
import { t } from '../../messages';
import { Card } from '../../ui/Card';
import { Loading, Skeleton } from '../../ui/Skeleton';
import { FailedState } from '../../ui/StateScreen';
import { hueOf } from '../../ui/Picture';
import { Gone } from './Gone';
import css from './browse.module.css';

function Credits({ slug, credits }: { slug: string; credits: PersonCredit[] }) {
  return (
    <>
      <h2>{t('person.titles')}</h2>
      <ul className={css.grid} data-testid="grid">
        {credits.map(({ title }, position) => (
          <Card key={title.id} title={title} shape="poster" place={{ row: `person-${slug}`, row_index: 0, position }} sizes="(max-width: 639px) 31vw, 14vw" eager={position < 8} first={position === 0} />
        ))}
      </ul>
    </>
  );
}

export function PersonScreen() {
  const { slug = '' } = useParams();
  const person = usePerson(slug);
  usePageTitle(person.data?.name);
  if (person.error instanceof ApiError && person.error.status === 404) return <Gone />;
  if (person.isError && !person.data) return <FailedState error={person.error} retry={() => void person.refetch()} />;
  if (!person.data) {
    return (
      <div className={css.page}>
        <Loading label={t('state.loading')} />
        <Skeleton width="min(20rem, 70%)" height="2.5rem" />
        <div className={css.grid}>
          {Array.from({ length: 7 }, (_, i) => (
            <Skeleton key={i} className={css.bone} />
          ))}
        </div>
      </div>
    );
  }
  const { name, bio, credits } = person.data;
  return (
    <article className={css.page} data-testid="person">
      <header className={css.person}>
        <span className={css.letter} style={{ '--hue': hueOf(name) } as React.CSSProperties} aria-hidden>
          {name.trim().charAt(0).toLocaleUpperCase()}
        </span>
        <h1 dir="auto">{name}</h1>
      </header>
      {bio && (
        <p className={css.lead} dir="auto">
          {bio}
        </p>
      )}
      <Credits slug={slug} credits={credits} />
    </article>
  );
}
