/* Credits.tsx - who made it and plays in it, its genres, studios and collections: each leads on to more of the same. */
import { Fragment, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { Credit, Title } from '@shared/api/client';
import { t, type PlainKey } from '../../messages';

const jobs: [job: string, text: PlainKey][] = [
  ['actor', 'title.cast'],
  ['director', 'title.directed'],
  ['writer', 'title.written'],
  ['producer', 'title.produced'],
  ['composer', 'title.music'],
];
const FEW = 8;

type Named = { slug: string; name: string };

/** Each name once, however much somebody did. */
const once = <T extends Named>(all: readonly T[]): T[] => all.filter((one, i) => all.findIndex((other) => other.slug === one.slug) === i);

function Links({ all, to }: { all: readonly Named[]; to: (slug: string) => string }): ReactNode {
  return all.map((one, i) => (
    <Fragment key={one.slug}>
      {i > 0 && ', '}
      <Link to={to(one.slug)} dir="auto" viewTransition>
        {one.name}
      </Link>
    </Fragment>
  ));
}

/** Rows for the list of facts; other jobs than the known ones stand together. */
export function Credits({ title }: { title: Title }) {
  const by = (test: (credit: Credit) => boolean) => once(title.people.filter(test)).slice(0, FEW);
  const rows: [PlainKey, readonly Named[], string][] = [
    ...jobs.map(([job, text]): [PlainKey, readonly Named[], string] => [text, by((credit) => credit.job === job), '/person/']),
    ['title.crew', by((credit) => !jobs.some(([job]) => job === credit.job)), '/person/'],
    ['title.genres', title.genres, '/genre/'],
    ['title.in_collections', title.collections, '/collection/'],
  ];
  return (
    <>
      {rows.map(
        ([text, all, to]) =>
          all.length > 0 && (
            <div key={text} data-testid={`credits-${text}`}>
              <dt>{t(text)}</dt>
              <dd>
                <Links all={all} to={(slug) => to + slug} />
              </dd>
            </div>
          ),
      )}
      {title.studios.length > 0 && (
        <div>
          <dt>{t('title.studios')}</dt>
          <dd>{title.studios.map((one) => one.name).join(', ')}</dd>
        </div>
      )}
    </>
  );
}
