/* IngestScreen.tsx - what is on its way in: files that go up, and what becomes of them, live. */
import { Button } from '@mantine/core';
import { Inbox, Upload as UploadIcon } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { filesTake } from '../../app/DropZone';
import { uploads, useImports, useImportStreams } from '../../api/imports';
import { filesChoose } from '../../lib/filesChoose';
import { t } from '../../messages';
import { Page } from '../../ui/Page';
import { Failure, RowsSkeleton, State } from '../../ui/States';
import { ImportRow } from './ImportRow';
import css from './ingest.module.css';
import { UploadRow } from './UploadRow';

export function IngestScreen() {
  const imports = useImports();
  const list = imports.data?.pages.flatMap((page) => page.items) ?? [];
  const going = useSyncExternalStore(uploads.subscribe, uploads.snapshot).filter((one) => one.state !== 'sent');
  useImportStreams(list);
  const choose = () => void filesChoose().then(filesTake);
  const button = <Button variant="filled" leftSection={<UploadIcon size={16} aria-hidden />} onClick={choose}>{t('ingest.upload')}</Button>;
  const empty = imports.data && !list.length && !going.length;
  return (
    <Page title={t('nav.ingest')} lead={empty ? undefined : t('ingest.lead')} actions={empty ? undefined : button}>
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
      {empty && <State icon={Inbox} title={t('ingest.empty')} text={t('ingest.empty_text')}>{button}</State>}
    </Page>
  );
}
