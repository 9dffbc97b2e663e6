/* TitlesScreen.tsx - the catalogue: found, filtered, chosen, published many at a time. The address holds the filter. */
import { Button } from '@mantine/core';
import { Clapperboard, Plus, SearchX, Upload } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { filesAsk } from '../../app/take';
import { kinds, noFilter, useTitleCreate, useTitles, useTitlesPublish, type TitleFilter, type TitleRow } from '../../api/titles';
import { clockText } from '../../lib/format';
import { languageName, languageNow, t } from '../../messages';
import { Page } from '../../ui/Page';
import { Failure, failureText, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Tag } from '../../ui/Tag';
import { Thumb } from '../../ui/Thumb';
import { say } from '../../ui/Toasts';
import { BulkBar } from './BulkBar';
import { BulkEdit } from './BulkEdit';
import { Filters } from './Filters';
import css from './titles.module.css';

const among = <T extends string>(value: string | null, of: readonly T[]): T | undefined => of.find((one) => one === value);

export function filterRead(query: URLSearchParams): TitleFilter {
  return {
    q: query.get('q') ?? '',
    state: among(query.get('state'), ['published', 'unpublished']) ?? 'all',
    kind: among(query.get('kind'), kinds) ?? '',
    missing: among(query.get('missing'), ['artwork', 'text', 'video', 'rights']) ?? '',
    sort: among(query.get('sort'), ['name', 'year', 'updated']) ?? 'new',
  };
}

export function filterWrite(filter: TitleFilter): Record<string, string> {
  return Object.fromEntries(Object.entries(filter).filter(([key, value]) => value !== noFilter[key as keyof TitleFilter]));
}

const columns: Column<TitleRow>[] = [
  {
    key: 'name', head: t('titles.name'), lead: true,
    cell: (title) => (
      <span className={css.name}>
        <Thumb image={title.still} />
        <Link to={`/titles/${title.id}`} className={css.link} dir="auto" tabIndex={-1}>{title.name}</Link>
      </span>
    ),
  },
  { key: 'state', head: t('titles.state'), width: '8.5rem', cell: (title) => <Tag tone={title.published ? 'good' : 'plain'}>{title.published ? t('titles.published') : t('titles.draft')}</Tag> },
  { key: 'kind', head: t('titles.kind'), width: '7rem', from: 900, cell: (title) => (title.series ? t('titles.of_series', { kind: t(`kind.${title.kind}`), series: title.series.name }) : t(`kind.${title.kind}`)) },
  { key: 'year', head: t('titles.year'), number: true, width: '5rem', cell: (title) => title.year ?? '' },
  { key: 'length', head: t('titles.length'), number: true, width: '6rem', cell: (title) => (title.runtime_s ? clockText(title.runtime_s) : '') },
  { key: 'age', head: t('titles.age'), number: true, width: '5rem', from: 900, cell: (title) => t('titles.age_from', { age: title.maturity }) },
  { key: 'quality', head: t('titles.quality'), number: true, width: '6rem', from: 1200, cell: (title) => (title.max_height ? `${title.max_height}p` : '') },
  { key: 'languages', head: t('titles.words_in'), width: '11rem', from: 1200, cell: (title) => title.text_langs.map(languageName).join(', ') },
  { key: 'missing', head: t('titles.missing'), width: '9rem', from: 1200, cell: (title) => title.missing.map((one) => t(`missing.${one}`)).join(', ') },
];

export function TitlesScreen() {
  const [query, setQuery] = useSearchParams();
  const navigate = useNavigate();
  const filter = filterRead(query);
  const titles = useTitles(filter);
  const publish = useTitlesPublish();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [editing, setEditing] = useState(false);
  const written = query.toString();
  useEffect(() => setChosen(new Set()), [written]);

  const run = (ids: readonly string[], published: boolean, undone = false) =>
    publish.mutate({ ids, published }, {
      onSuccess: ({ done, failed }) => {
        if (failed.length) say(t('titles.some_failed', { count: failed.length, why: failureText(failed[0]) }), { bad: true });
        if (done.length) say(published ? t('titles.now_published', { count: done.length }) : t('titles.now_drafts', { count: done.length }), undone ? {} : { undo: () => run(done, !published, true) });
        setChosen(new Set());
      },
    });
  const create = useTitleCreate();
  const series = () => create.mutate({ kind: 'series', name: t('titles.new_series'), lang: languageNow() }, { onSuccess: (made) => void navigate(`/titles/${made.id}`), onError: (error) => say(failureText(error), { bad: true }) });
  const upload = () => void filesAsk().then((to) => to && navigate(to));
  const filtered = Object.keys(filterWrite(filter)).length > 0;
  return (
    <Page title={t('nav.titles')} wide actions={<><Button leftSection={<Plus size={16} aria-hidden />} loading={create.isPending} onClick={series}>{t('titles.new_series')}</Button><Button variant="filled" leftSection={<Upload size={16} aria-hidden />} onClick={upload}>{t('ingest.upload')}</Button></>}>
      <Filters filter={filter} onFilter={(next) => setQuery(filterWrite(next), { replace: true })} />
      {titles.isError && <Failure error={titles.error} onRetry={() => void titles.refetch()} />}
      {titles.isPending && <RowsSkeleton />}
      {titles.data && titles.data.length > 0 && (
        <Table
          label={t('nav.titles')} columns={columns} rows={titles.data} id={(title) => title.id} name={(title) => title.name}
          onOpen={(title) => void navigate(`/titles/${title.id}`)} chosen={chosen} onChoose={setChosen}
          more={titles.hasNextPage ? { busy: titles.isFetchingNextPage, load: () => void titles.fetchNextPage() } : undefined}
        />
      )}
      {titles.data?.length === 0 && (filtered ? (
        <State icon={SearchX} title={t('titles.none_found')} text={t('titles.none_found_text')}>
          <Button onClick={() => setQuery({}, { replace: true })}>{t('filter.clear')}</Button>
        </State>
      ) : (
        <State icon={Clapperboard} title={t('titles.empty')} text={t('titles.empty_text')}>
          <Button variant="filled" leftSection={<Upload size={16} aria-hidden />} onClick={upload}>{t('ingest.upload')}</Button>
        </State>
      ))}
      <BulkBar count={chosen.size} busy={publish.isPending} onPublish={(published) => run([...chosen], published)} onEdit={() => setEditing(true)} onClear={() => setChosen(new Set())} />
      <BulkEdit ids={[...chosen]} family={titles.data?.some((one) => chosen.has(one.id) && (one.kind === 'series' || one.kind === 'season')) ?? false} open={editing} onClose={() => setEditing(false)} onDone={() => { setEditing(false); setChosen(new Set()); }} />
    </Page>
  );
}
