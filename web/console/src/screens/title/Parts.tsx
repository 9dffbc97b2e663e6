/* Parts.tsx - what a series or a season is made of, in order; another one is one press away. */
import { Button } from '@mantine/core';
import { Plus } from 'lucide-react';
import { Link, useNavigate } from 'react-router';
import type { EditorTitle } from '@shared/api/client';
import { useTitleCreate, useTitleParts } from '../../api/titles';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import { Failure, failureText, RowsSkeleton } from '../../ui/States';
import { Tag } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import css from './title.module.css';

export function Parts({ whole }: { whole: EditorTitle }) {
  const parts = useTitleParts(whole.id, true);
  const create = useTitleCreate();
  const navigate = useNavigate();
  const season = whole.kind === 'series';
  const add = () => {
    const number = Math.max(0, ...(parts.data ?? []).map((one) => one.number)) + 1;
    const name = season ? t('title.season', { number }) : t('title.episode', { number });
    create.mutate({ kind: season ? 'season' : 'episode', parent_id: whole.id, number, name, lang: whole.lang }, { onSuccess: (made) => void navigate(`/titles/${made.id}`), onError: (error) => say(failureText(error), { bad: true }) });
  };
  return (
    <Panel id="parts" title={season ? t('title.seasons') : t('title.episodes')} actions={<Button size="xs" leftSection={<Plus size={13} aria-hidden />} loading={create.isPending} onClick={add} data-testid="add-part">{season ? t('title.add_season') : t('title.add_episode')}</Button>}>
      {parts.isError && <Failure error={parts.error} onRetry={() => void parts.refetch()} />}
      {parts.isPending && <RowsSkeleton rows={2} />}
      {parts.data?.length === 0 && <p className={css.none}>{t('title.no_parts')}</p>}
      <ol className={css.parts}>
        {parts.data?.map((one) => (
          <li key={one.id}>
            <Link to={`/titles/${one.id}`} className={css.part}>
              <span className={css.partNumber}>{one.number}</span>
              <span className={css.partName} dir="auto">{one.name}</span>
              <Tag tone={one.published ? 'good' : 'plain'}>{one.published ? t('titles.published') : t('titles.draft')}</Tag>
            </Link>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
