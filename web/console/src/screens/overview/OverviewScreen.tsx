/* OverviewScreen.tsx - what waits for somebody, what runs, what came last, and how the books stand. */
import { CircleCheck } from 'lucide-react';
import { Link } from 'react-router';
import { useDisputes, useLedger } from '../../api/house';
import { isLive, useImports, useImportStreams } from '../../api/imports';
import { noFilter, useTitles } from '../../api/titles';
import { useRoles } from '../../api/queries';
import { exponentOf, moneyText } from '../../lib/format';
import { t } from '../../messages';
import { Page, Panel } from '../../ui/Page';
import { Failure, RowsSkeleton } from '../../ui/States';
import { Tag } from '../../ui/Tag';
import { Thumb } from '../../ui/Thumb';
import { Bar } from '../ingest/Bar';
import css from './overview.module.css';

interface Waiting {
  id: string;
  text: string;
  to: string;
}

function Work() {
  const imports = useImports();
  const drafts = useTitles({ ...noFilter, state: 'unpublished' });
  const all = imports.data?.pages.flatMap((page) => page.items) ?? [];
  const running = all.filter(isLive);
  useImportStreams(running);
  if (imports.isError) return <Failure error={imports.error} onRetry={() => void imports.refetch()} />;
  if (imports.isPending || drafts.isPending) return <RowsSkeleton rows={4} />;
  const failed = all.filter((one) => one.state === 'failed').length;
  const waiting: Waiting[] = [
    ...(failed ? [{ id: 'failed', text: t('overview.failed', { count: failed }), to: '/ingest' }] : []),
    ...(drafts.data?.length ? [{ id: 'drafts', text: t('overview.drafts', { count: drafts.data.length }), to: '/titles?state=unpublished' }] : []),
  ];
  return (
    <div className={css.columns}>
      <Panel id="waiting" title={t('overview.waiting')}>
        {waiting.length ? (
          <ul className={css.list}>
            {waiting.map((one) => <li key={one.id}><Link to={one.to} className={css.wait}>{one.text}</Link></li>)}
          </ul>
        ) : (
          <p className={css.none}><CircleCheck size={17} aria-hidden /> {t('overview.nothing_waits')}</p>
        )}
      </Panel>
      <Panel id="running" title={t('overview.running')}>
        {running.length ? (
          <ul className={css.list}>
            {running.slice(0, 6).map((one) => (
              <li key={one.id} className={css.run}>
                <span className={css.name} dir="auto">{one.title_name}</span>
                <span className={css.percent}>{Math.floor(one.progress * 100)}%</span>
                <Bar value={one.progress} label={one.title_name} />
              </li>
            ))}
          </ul>
        ) : <p className={css.none}>{t('overview.nothing_runs')}</p>}
      </Panel>
    </div>
  );
}

const books = ['cash', 'revenue', 'tax', 'credit', 'reserved', 'promotion', 'goodwill', 'suspense', 'disputed', 'chargeback'] as const;
function bookName(name: string): string {
  const known = books.find((one) => one === name);
  return known ? t(`book.${known}`) : name;
}

/** Money: what is disputed, and whether the books balance. */
function Books() {
  const disputes = useDisputes(true);
  const ledger = useLedger(true);
  if (ledger.isError) return <Failure error={ledger.error} onRetry={() => void ledger.refetch()} />;
  if (ledger.isPending || disputes.isPending) return <RowsSkeleton rows={2} />;
  const open = disputes.data?.items.filter((one) => one.state === 'open' || one.state === 'inquiry') ?? [];
  const { books: sums, balanced } = ledger.data;
  return (
    <Panel id="books" title={t('overview.books')} lead={balanced ? t('overview.balanced') : t('overview.unbalanced')}>
      {open.length > 0 && <p className={css.alert}>{t('overview.disputes', { count: open.length })}</p>}
      {sums.length > 0 && (
        <dl className={css.books}>
          {sums.map((one) => (
            <div key={one.book + one.currency}>
              <dt>{bookName(one.book)}</dt>
              <dd>{moneyText({ minor: one.balance_minor, currency: one.currency, exponent: exponentOf(one.currency) })}</dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}

/** What was added last, as pictures. */
function Latest() {
  const titles = useTitles(noFilter);
  if (!titles.data?.length) return null;
  return (
    <Panel id="latest" title={t('overview.latest')} actions={<Link to="/titles">{t('overview.all')}</Link>}>
      <ul className={css.shelf}>
        {titles.data.slice(0, 6).map((title) => (
          <li key={title.id}>
            <Link to={`/titles/${title.id}`} className={css.card}>
              <Thumb image={title.still} wide />
              <span className={css.cardName} dir="auto">{title.name}</span>
              <Tag tone={title.published ? 'good' : 'plain'}>{title.published ? t('titles.published') : t('titles.draft')}</Tag>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function OverviewScreen() {
  const roles = useRoles();
  return (
    <Page title={t('nav.overview')}>
      {roles.includes('editor') && <Work />}
      {roles.includes('editor') && <Latest />}
      {roles.includes('operator') && <Books />}
    </Page>
  );
}
