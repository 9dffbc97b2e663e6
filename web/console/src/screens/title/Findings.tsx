/* Findings.tsx - what the quality report says of a film: what is wrong with the whole of it, and where something stands out. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { QualityFinding, QualityReport } from '@shared/api/client';
import { numberText } from '../../lib/format';
import { timecodeText } from '../../lib/timecode';
import type { FilmClock } from '../../player/clock';
import { languageName, t } from '../../messages';
import { Failure, RowsSkeleton } from '../../ui/States';
import { Tag, type Tone } from '../../ui/Tag';
import css from './film.module.css';

const SHOWN = 200; /* of a film that is all faults, the first say enough */
const tones: Record<QualityFinding['severity'], Tone> = { error: 'bad', warning: 'busy', info: 'info' };

function Found({ one, clock }: { one: QualityFinding; clock: FilmClock }) {
  const head = (
    <span className={css.foundHead}>
      <Tag tone={tones[one.severity]}>{t(`finding.${one.kind}`)}</Tag>
      <span className={css.foundTime}>{one.from_ms < 0 ? t('finding.all') : [one.from_ms, one.to_ms].map((ms) => timecodeText(ms / 1000)).join(' – ')}</span>
    </span>
  );
  if (one.from_ms < 0) return <div className={css.found}>{head}<span>{one.text}</span></div>;
  return <button type="button" className={css.found} onClick={() => clock.seek(one.from_ms)} data-testid="finding">{head}<span>{one.text}</span></button>;
}

const lufs = (value: number | null): string => (value === null ? '–' : `${numberText(value)} LUFS`);

export function Findings({ query, clock }: { query: UseQueryResult<QualityReport>; clock: FilmClock }) {
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return <RowsSkeleton rows={3} />;
  const { findings, audio, made_at, import_id } = query.data;
  if (!made_at) return <p className={css.none}>{import_id ? t('finding.awaited') : t('finding.no_import')}</p>;
  return (
    <div className={css.scroll} data-testid="findings">
      {findings.length === 0 && <p className={css.none}>{t('finding.none')}</p>}
      <ul className={css.founds}>{findings.slice(0, SHOWN).map((one, i) => <li key={i}><Found one={one} clock={clock} /></li>)}</ul>
      {findings.length > SHOWN && <p className={css.none}>{t('finding.more', { count: findings.length - SHOWN })}</p>}
      {audio.length > 0 && <p className={css.loud}>{audio.map((one) => `${languageName(one.lang || 'und')}: ${lufs(one.integrated_lufs)}`).join(' · ')}</p>}
    </div>
  );
}
