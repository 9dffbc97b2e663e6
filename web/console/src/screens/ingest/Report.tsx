/* Report.tsx - what a file does, row by row: filtered, searched, scrolled however long it is; only the lines in sight are drawn. */
import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { Download, Search } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { BulkReport } from '@shared/api/client';
import { numberText } from '../../lib/format';
import { faultsSheet, linesSeen, reportLines, type ReportFilter, type ReportLine } from '../../lib/report';
import { t } from '../../messages';
import { Tag, type Tone } from '../../ui/Tag';
import css from './bulk.module.css';

const tones = { create: 'good', update: 'info', unchanged: 'plain', error: 'bad' } as const satisfies Record<string, Tone>;
const WIDE = 40;
const NARROW = 68;

function Line({ line, index, height }: { line: ReportLine; index: number; height: number }) {
  return (
    <div className={css.line} role="row" aria-rowindex={index + 2} style={{ height }} data-testid="report-row" data-more={line.action === null || undefined}>
      <span role="cell" className={css.number}>{line.action && numberText(line.row)}</span>
      <span role="cell" className={css.action}>{line.action && <Tag tone={tones[line.action]}>{t(`bulkload.${line.action}`)}</Tag>}</span>
      <span role="cell" className={css.name} dir="auto">{line.titleId ? <Link to={`/titles/${line.titleId}`}>{line.name}</Link> : line.name}</span>
      <span role="cell" className={css.text} dir="auto" title={line.text}>{line.text}</span>
    </div>
  );
}

function save(report: BulkReport): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(['\ufeff', faultsSheet(report)], { type: 'text/csv;charset=utf-8' }));
  link.download = 'faults.csv';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function Report({ report }: { report: BulkReport }) {
  const [filter, setFilter] = useState<ReportFilter>(report.wrong ? 'error' : 'all');
  const [typed, setTyped] = useState('');
  const [top, setTop] = useState(0);
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  const scroller = useRef<HTMLDivElement | null>(null);
  const lines = useMemo(() => reportLines(report, filter, typed), [report, filter, typed]);
  const lineHeight = width && width < 640 ? NARROW : WIDE;
  const { from, to } = linesSeen(lines.length, lineHeight, top, height || 480);
  const again = () => {
    scroller.current?.scrollTo({ top: 0 });
    setTop(0);
  };
  const counts: [ReportFilter, number][] = [['all', report.total], ['error', report.wrong], ['create', report.created], ['update', report.updated], ['unchanged', report.unchanged]];
  return (
    <div className={css.report}>
      <div className={css.filters}>
        <SegmentedControl
          size="sm" className={css.segments} aria-label={t('bulkload.show')} value={filter} onChange={(value) => { setFilter(value as ReportFilter); again(); }}
          data={counts.filter(([name, count]) => count || name === 'all' || name === filter).map(([value, count]) => ({ value, label: `${t(`bulkload.${value}`)} ${numberText(count)}` }))}
        />
        <TextInput className={css.search} aria-label={t('bulkload.search')} placeholder={t('bulkload.search')} leftSection={<Search size={15} aria-hidden />} value={typed} onChange={(event) => { setTyped(event.currentTarget.value); again(); }} />
        {report.wrong > 0 && <Button leftSection={<Download size={15} aria-hidden />} onClick={() => save(report)}>{t('bulkload.save_faults')}</Button>}
      </div>
      <div role="table" aria-label={t('bulkload.report')} aria-rowcount={lines.length + 1} className={css.table} data-narrow={lineHeight === NARROW || undefined}>
        <div role="rowgroup">
          <div className={`${css.line} ${css.head}`} role="row" aria-rowindex={1}>
            {(['row', 'does', 'title', 'what'] as const).map((name) => <span key={name} role="columnheader" className={name === 'row' ? css.number : undefined}>{t(`bulkload.${name}`)}</span>)}
          </div>
        </div>
        <div ref={(node) => { ref(node); scroller.current = node; }} className={css.scroll} role="rowgroup" tabIndex={0} aria-label={t('bulkload.report')} onScroll={(event) => setTop(event.currentTarget.scrollTop)} style={{ height: Math.min(lines.length, 13) * lineHeight || lineHeight }}>
          <div style={{ height: from * lineHeight }} aria-hidden />
          {lines.slice(from, to).map((line, i) => <Line key={from + i} line={line} index={from + i} height={lineHeight} />)}
          <div style={{ height: (lines.length - to) * lineHeight }} aria-hidden />
          {lines.length === 0 && <p className={css.none}>{t('bulkload.no_rows')}</p>}
        </div>
      </div>
    </div>
  );
}
