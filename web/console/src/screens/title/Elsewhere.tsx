/* Elsewhere.tsx - what the title is called in other catalogues: pasted as an id or as the address of its page, checked before it is kept. */
import { ActionIcon, TextInput, Tooltip } from '@mantine/core';
import { ExternalLink } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { EditorExternalId, EditorTitle } from '@shared/api/client';
import type { Autosave, Fields } from '../../lib/autosave';
import { externalPage, externalRead, schemes, type Scheme } from '../../lib/externalIds';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import css from './labels.module.css';

type Doc = Autosave<Fields>;

/** Kept as soon as it is one of the scheme's; what is none stays in the field, with a word about it. */
function Id({ scheme, value, series, onChange }: { scheme: Scheme; value: string; series: boolean; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped((now) => ((externalRead(scheme, now) ?? '') === value && now.trim() ? now : value)), [scheme, value]);
  const read = externalRead(scheme, typed);
  const page = value ? externalPage(scheme, value, series) : null;
  const name = t(`scheme.${scheme}`);
  return (
    <TextInput
      label={name} value={typed} placeholder={t(`scheme_hint.${scheme}`)} error={typed.trim() && read === null ? t(`scheme_bad.${scheme}`) : undefined} autoComplete="off" spellCheck={false} maxLength={300} data-testid={`external-${scheme}`}
      onChange={(event) => { setTyped(event.currentTarget.value); const next = externalRead(scheme, event.currentTarget.value); if (next !== null) onChange(next); else if (!event.currentTarget.value.trim()) onChange(''); }}
      onBlur={() => { if (read !== null) setTyped(read); }}
      rightSection={page ? <Tooltip label={t('scheme.open', { name })}><ActionIcon component="a" href={page} target="_blank" rel="noopener noreferrer" variant="subtle" color="gray" aria-label={t('scheme.open', { name })}><ExternalLink size={15} aria-hidden /></ActionIcon></Tooltip> : null}
    />
  );
}

export function Elsewhere({ doc, kind }: { doc: Doc; kind: EditorTitle['kind'] }) {
  const list = (doc.draft.external_ids as EditorExternalId[] | undefined) ?? [];
  const series = kind !== 'film' && kind !== 'trailer' && kind !== 'extra';
  const set = (scheme: Scheme, was: string, value: string) => {
    const at = list.findIndex((one) => one.scheme === scheme && one.value === was);
    const others = list.filter((_, i) => i !== at);
    doc.edit('external_ids', value ? (at < 0 ? [...list, { scheme, value }] : list.map((one, i) => (i === at ? { scheme, value } : one))) : others, `${scheme}.${at < 0 ? list.length : at}`);
  };
  /* Of most there is one; files may bring more, and each keeps its field. */
  const fields = schemes.flatMap((scheme) => {
    const values = list.filter((one) => one.scheme === scheme).map((one) => one.value);
    return (values.length ? values : ['']).map((value, i) => ({ scheme, value, i }));
  });
  return (
    <Panel id="elsewhere" title={t('elsewhere.title')} lead={t('elsewhere.lead')}>
      <div className={css.fields}>
        {fields.map(({ scheme, value, i }) => <Id key={`${scheme}.${i}`} scheme={scheme} value={value} series={series} onChange={(next) => set(scheme, value, next)} />)}
      </div>
    </Panel>
  );
}
