/* Own.tsx - the house's own fields, each as its schema says: text, number, date, yes or no, one of several, an address. */
import { Select, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { EditorCustom, EditorField } from '@shared/api/client';
import { useOwnFields } from '../../api/describe';
import type { Autosave, Fields } from '../../lib/autosave';
import { ownPut, ownRead } from '../../lib/ownFields';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import { Failure } from '../../ui/States';
import css from './labels.module.css';

type Doc = Autosave<Fields>;
interface Props {
  field: EditorField;
  value: string;
  onTake: (value: string) => void;
}

function Field({ field, value, onTake }: Props) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped((now) => (ownRead(field, now) === value ? now : value)), [field, value]);
  const shared = { label: field.label, withAsterisk: field.required ?? false, 'data-testid': `own-${field.name}` };
  const options = field.type === 'boolean' ? [{ value: 'true', label: t('own.yes') }, { value: 'false', label: t('own.no') }] : field.options?.map((one) => ({ value: one, label: one }));
  if (field.type === 'boolean' || field.type === 'choice')
    return <Select {...shared} data={options ?? []} value={value || null} clearable clearButtonProps={{ 'aria-label': t('own.clear', { name: field.label }) }} onChange={(next) => onTake(next ?? '')} />;
  return (
    <TextInput
      {...shared} value={typed} type={field.type === 'date' ? 'date' : 'text'} inputMode={field.type === 'number' ? 'decimal' : field.type === 'url' ? 'url' : undefined} dir={field.type === 'text' ? 'auto' : undefined} maxLength={2000}
      error={ownRead(field, typed) === null ? t(`own_bad.${field.type}`) : undefined}
      onChange={(event) => { setTyped(event.currentTarget.value); const next = ownRead(field, event.currentTarget.value); if (next !== null) onTake(next); }}
    />
  );
}

export function Own({ doc }: { doc: Doc }) {
  const query = useOwnFields();
  const list = (doc.draft.custom as EditorCustom[] | undefined) ?? [];
  if (query.isError) return <Panel id="own" title={t('own.title')}><Failure error={query.error} onRetry={() => void query.refetch()} /></Panel>;
  if (!query.data?.length) return null;
  return (
    <Panel id="own" title={t('own.title')} lead={query.data.some((field) => field.required) ? t('own.required') : undefined}>
      <div className={css.fields}>
        {query.data.map((field) => (
          <Field key={field.id} field={field} value={list.find((one) => one.name === field.name)?.value ?? ''} onTake={(value) => doc.edit('custom', ownPut(list, field.name, value), field.name)} />
        ))}
      </div>
    </Panel>
  );
}
