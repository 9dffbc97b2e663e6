/* Ladder.tsx - the renditions of a film's picture: why these, what each costs, and what was tried for it. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import { ApiError, type LadderRung } from '@shared/api/client';
import { useTitleLadder } from '../../api/titles';
import { numberText } from '../../lib/format';
import { languageNow, t } from '../../messages';
import { serverDe } from '../../messages/server.de';
import { Panel } from '../../ui/Page';
import { Failure, RowsSkeleton } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { EncodeAgain } from './EncodeAgain';
import { Hull, rateText, scoreOf, sizeText } from './Hull';
import css from './ladder.module.css';

const said = (sentence: string): string => (languageNow() === 'de' ? (serverDe[sentence] ?? sentence) : sentence);
const unless = (value: number | null, text: (value: number) => string): string => (value === null ? '–' : text(value));

const columns = (): Column<LadderRung>[] => [
  { key: 'size', head: t('ladder.size'), cell: (one) => sizeText(one), lead: true },
  { key: 'rate', head: t('ladder.expected'), cell: (one) => unless(one.bitrate, rateText), number: true },
  { key: 'most', head: t('ladder.most'), cell: (one) => rateText(one.maxrate), number: true },
  { key: 'crf', head: 'CRF', cell: (one) => numberText(Math.round(one.crf * 10) / 10), number: true },
  { key: 'score', head: t('ladder.quality'), cell: (one) => unless(one.score, (score) => numberText(Math.round(scoreOf(score)))), number: true },
];

export function Ladder({ id }: { id: string }) {
  const query = useTitleLadder(id);
  const [again, setAgain] = useState(false);
  const none = query.error instanceof ApiError && query.error.status === 404;
  const ladder = query.data;
  const rungs = [...(ladder?.rungs ?? [])].reverse();
  return (
    <Panel id="ladder" title={t('ladder.title')} lead={ladder ? said(ladder.why) : undefined} actions={ladder && <Button size="xs" onClick={() => setAgain(true)} data-testid="again">{t('again.open')}</Button>}>
      <EncodeAgain id={id} open={again} onClose={() => setAgain(false)} />
      {none && <p className={css.none}>{t('ladder.none')}</p>}
      {query.isError && !none && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <RowsSkeleton rows={3} />}
      {ladder && (
        <div className={css.room} data-testid="ladder">
          <div className={css.ladder} data-alone={ladder.points.length === 0 || undefined}>
            {ladder.points.length > 0 && <Hull ladder={ladder} />}
            <Table label={t('ladder.title')} columns={columns()} rows={rungs} id={(one) => one.name} name={sizeText} />
          </div>
        </div>
      )}
    </Panel>
  );
}
