/* Imports.tsx - files that go up, those that were interrupted, and what becomes of all of them, live. */
import { Button } from '@mantine/core';
import { Inbox, Upload as UploadIcon } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useNavigate } from 'react-router';
import { filesAsk } from '../../app/take';
import { useImports, useImportStreams } from '../../api/imports';
import { useLeft, useUploads } from '../../api/uploads';
import { intakeNow, intakeSet, intakeSubscribe } from '../../lib/intake';
import { t } from '../../messages';
import { Failure, RowsSkeleton, State } from '../../ui/States';
import { ImportRow } from './ImportRow';
import css from './ingest.module.css';
import { LeftRow } from './LeftRow';
import { Matching } from './Matching';
import { UploadRow } from './UploadRow';

export function Imports() {
  const imports = useImports();
  const list = imports.data?.pages.flatMap((page) => page.items) ?? [];
  const going = useUploads().filter((one) => one.state !== 'sent');
  const left = useLeft();
  const { films, sheet } = useSyncExternalStore(intakeSubscribe, intakeNow);
  const navigate = useNavigate();
  useImportStreams(list);
  const matched = () => {
    intakeSet({ films: [] });
    if (sheet) void navigate('/ingest/bulk');
  };
  const empty = imports.data && !list.length && !going.length && !left.list.length && !films.length;
  return (
    <>
      {films.length > 0 && <Matching key={films.map((one) => one.path).join('\n')} films={films} onDone={matched} />}
      {left.list.length > 0 && (
        <section aria-label={t('ingest.interrupted')} className={css.list}>
          {left.list.map((one) => <LeftRow key={one.id} one={one} giveUp={left.giveUp} />)}
        </section>
      )}
      {going.length > 0 && (
        <section aria-label={t('ingest.uploads')} className={css.list} data-testid="uploads">
          {going.map((one) => <UploadRow key={one.key} upload={one} />)}
        </section>
      )}
      {imports.isError && <Failure error={imports.error} onRetry={() => void imports.refetch()} />}
      {imports.isPending && <RowsSkeleton />}
      {list.length > 0 && (
        <section aria-label={t('ingest.imports')} className={css.list} data-testid="imports">
          {list.map((one) => <ImportRow key={one.id} one={one} />)}
        </section>
      )}
      {imports.hasNextPage && (
        <div className={css.more}>
          <Button loading={imports.isFetchingNextPage} onClick={() => void imports.fetchNextPage()}>{t('table.more')}</Button>
        </div>
      )}
      {empty && (
        <State icon={Inbox} title={t('ingest.empty')} text={t('ingest.empty_text')}>
          <Button variant="filled" leftSection={<UploadIcon size={16} aria-hidden />} onClick={() => void filesAsk().then((to) => to && navigate(to))}>{t('ingest.upload')}</Button>
        </State>
      )}
    </>
  );
}
