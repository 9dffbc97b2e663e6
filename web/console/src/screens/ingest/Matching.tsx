/* Matching.tsx - before episodes go up: which file is which episode of what. Read from the names, changed by hand, started together. */
import { ActionIcon, Autocomplete, Button, NumberInput, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Clapperboard, ListVideo, X } from 'lucide-react';
import { useState } from 'react';
import { placesMake, useSeriesFound, useSeriesNames, type FoundSeries } from '../../api/episodes';
import { uploads } from '../../api/uploads';
import type { Dropped } from '../../lib/dropped';
import { bytesText } from '../../lib/format';
import { faultsOf, kindTurn, matchOf, rowDrop, rowSet, seriesSet, type Match, type MatchFault, type MatchRow } from '../../lib/matching';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import { failureText } from '../../ui/States';
import { Tag } from '../../ui/Tag';
import css from './matching.module.css';

type Set = (next: Match) => void;

function PlaceTag({ row, found }: { row: MatchRow; found: FoundSeries | null | undefined }) {
  if (row.group === null || found === undefined) return null;
  const there = found?.seasons.get(row.season ?? -1)?.episodes.get(row.episode ?? -1);
  if (!there) return <Tag>{t('match.new')}</Tag>;
  return there.video ? <Tag tone="bad">{t('match.replaces')}</Tag> : <Tag tone="info">{t('match.waits')}</Tag>;
}

function Row({ row, match, set, fault, found }: { row: MatchRow; match: Match; set: Set; fault: MatchFault | undefined; found: FoundSeries | null | undefined }) {
  const { file, path } = row.dropped;
  const there = found?.seasons.get(row.season ?? -1)?.episodes.get(row.episode ?? -1);
  const number = (name: 'season' | 'episode') => (
    <NumberInput
      className={css.number} size="xs" label={t(`match.${name}`)} value={row[name] ?? ''} min={0} max={9999} allowDecimal={false} hideControls error={fault === 'number' && row[name] === null}
      onChange={(value) => set(rowSet(match, row.key, { [name]: typeof value === 'number' ? value : null }))}
    />
  );
  const episode = row.group !== null;
  return (
    <li className={css.row} data-testid="match-row">
      <div className={css.file}>
        <span className={css.fileName} dir="auto" title={path}>{file.name}</span>
        <span className={css.size}>{bytesText(file.size)}</span>
      </div>
      <div className={css.fields}>
        {episode && number('season')}
        {episode && number('episode')}
        <TextInput
          className={css.title} size="xs" label={t('match.title')} value={row.title} maxLength={300} dir="auto" placeholder={episode ? (there?.name ?? t('title.episode', { number: row.episode ?? '' })) : undefined}
          error={fault === 'title' ? t('title.name_needed') : undefined} onChange={(event) => set(rowSet(match, row.key, { title: event.currentTarget.value }))}
        />
      </div>
      <div className={css.state}>{fault === 'twice' ? <Tag tone="bad">{t('match.twice')}</Tag> : <PlaceTag row={row} found={found} />}</div>
      <div className={css.acts}>
        <Tooltip label={episode ? t('match.as_film') : t('match.as_episode')}>
          <ActionIcon variant="subtle" color="gray" aria-label={`${episode ? t('match.as_film') : t('match.as_episode')}: ${file.name}`} onClick={() => set(kindTurn(match, row.key))}>
            {episode ? <Clapperboard size={16} aria-hidden /> : <ListVideo size={16} aria-hidden />}
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t('match.leave_out')}>
          <ActionIcon variant="subtle" color="gray" aria-label={`${t('match.leave_out')}: ${file.name}`} onClick={() => set(rowDrop(match, row.key))}><X size={16} aria-hidden /></ActionIcon>
        </Tooltip>
      </div>
    </li>
  );
}

/** Makes what is not there yet, then everything goes up. */
function useStart(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (match: Match) => {
      const episodes = match.rows.filter((row) => row.group !== null);
      const ids = await placesMake(episodes.map((row) => ({ series: match.series[row.group ?? 0] ?? '', season: row.season ?? 1, episode: row.episode ?? 1, title: row.title })));
      const into = new Map(episodes.map((row, i) => [row.key, ids[i]]));
      const nameOf = (row: MatchRow): string => (row.group === null ? row.title.trim() : [match.series[row.group]?.trim(), t('match.place', { season: row.season ?? 1, episode: row.episode ?? 1 }), row.title.trim()].filter(Boolean).join(' · '));
      uploads.add(match.rows.map((row) => ({ file: row.dropped.file, handle: row.dropped.handle, title: nameOf(row), into: into.get(row.key) })));
      return match;
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['titles'] }),
    onSuccess: onDone,
  });
}

export function Matching({ films, onDone }: { films: readonly Dropped[]; onDone: () => void }) {
  const [match, set] = useState(() => matchOf(films));
  const names = useSeriesNames();
  const [late] = useDebouncedValue(match.series.join('\n'), 300);
  const found = useSeriesFound(late.split('\n'));
  const start = useStart(onDone);
  const faults = faultsOf(match);
  const part = (group: number | null, title: React.ReactNode) => {
    const rows = match.rows.filter((row) => row.group === group);
    return rows.length ? (
      <section key={group ?? 'films'} className={css.group}>
        {title}
        <ul className={css.rows}>
          {rows.map((row) => <Row key={row.key} row={row} match={match} set={set} fault={faults.get(row.key)} found={group === null ? undefined : found[group]} />)}
        </ul>
      </section>
    ) : null;
  };
  return (
    <Panel
      id="matching" title={t('match.heading')} lead={t('match.lead')}
      actions={
        <>
          <Button onClick={onDone}>{t('match.none')}</Button>
          <Button variant="filled" loading={start.isPending} disabled={!match.rows.length || faults.size > 0} onClick={() => start.mutate(match)} data-testid="match-start">{t('match.start', { count: match.rows.length })}</Button>
        </>
      }
    >
      {start.isError && <p role="alert" className={css.problem}>{failureText(start.error)}</p>}
      {match.series.map((name, group) =>
        part(group, (
          <div className={css.series}>
            <Autocomplete className={css.seriesName} label={t('match.series')} data={[...new Set(names.data ?? [])]} value={name} maxLength={300} dir="auto" error={!name.trim() && t('title.name_needed')} onChange={(value) => set(seriesSet(match, group, value))} data-testid="match-series" />
            {name.trim() && found[group] !== undefined && <Tag tone={found[group] ? 'info' : 'plain'}>{found[group] ? t('match.series_there') : t('match.series_new')}</Tag>}
          </div>
        )),
      )}
      {part(null, <h3 className={css.films}>{t('match.films')}</h3>)}
    </Panel>
  );
}
