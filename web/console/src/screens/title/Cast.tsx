/* Cast.tsx - cast and crew in the order of the credits: found as a name is typed, or made; dragged or moved by keys into order. */
import { ActionIcon, Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { EditorCredit } from '@shared/api/client';
import { usePeopleFound } from '../../api/describe';
import type { Autosave, Fields } from '../../lib/autosave';
import { creditAdd, creditKeys, creditsOf, hasCharacter, jobs, type Job } from '../../lib/credits';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import { moved, Sortable } from '../../ui/Sortable';
import css from './cast.module.css';

type Doc = Autosave<Fields>;
const MAKE = '+'; /* no slug begins with it */

/** Who is not there yet is offered last, by the name as it stands. */
function Who({ onPick }: { onPick: (who: { person?: string; name: string }) => void }) {
  const [typed, setTyped] = useState('');
  const name = typed.trim();
  const [late] = useDebouncedValue(name, 200);
  const found = usePeopleFound(late).data ?? [];
  const known = found.filter(() => late);
  const data = known.map((one) => ({ value: one.slug, label: one.name }));
  const make = name && !known.some((one) => one.name.toLowerCase() === name.toLowerCase()) ? [{ value: MAKE, label: t('cast.make', { name }) }] : [];
  return (
    <Select
      className={css.who} aria-label={t('cast.add')} placeholder={t('cast.add')} data={[...data, ...make]} value={null} searchable searchValue={typed} onSearchChange={setTyped} filter={({ options }) => options} selectFirstOptionOnChange maxDropdownHeight={280} maxLength={300} data-testid="add-credit"
      onChange={(value) => {
        const one = known.find((person) => person.slug === value);
        setTyped('');
        if (one) onPick({ person: one.slug, name: one.name });
        else if (value === MAKE) onPick({ name });
      }}
    />
  );
}

function Row({ one, index, doc }: { one: EditorCredit; index: number; doc: Doc }) {
  const list = creditsOf(doc);
  const name = one.name ?? one.person ?? '';
  const change = (next: Partial<EditorCredit>, place?: string) => doc.edit('people', list.map((other, i) => (i === index ? { ...other, ...next } : other)), place);
  return (
    <div className={css.row} data-testid="credit">
      <span className={css.name} dir="auto">{name}</span>
      <Select className={css.job} size="xs" aria-label={t('cast.job', { name })} data={jobs.map((job) => ({ value: job, label: t(`job.${job}`) }))} value={one.job} onChange={(job) => job && change({ job: job as Job })} />
      {hasCharacter(one.job)
        ? <TextInput className={css.character} size="xs" aria-label={t('cast.character', { name })} placeholder={t('cast.as')} value={one.character ?? ''} dir="auto" maxLength={300} onChange={(event) => change({ character: event.currentTarget.value }, `character.${index}`)} />
        : <span className={css.character} />}
      <ActionIcon className={css.remove} variant="subtle" color="gray" aria-label={t('cast.remove', { name })} onClick={() => doc.edit('people', list.filter((_, i) => i !== index))}><Trash2 size={15} aria-hidden /></ActionIcon>
    </div>
  );
}

export function Cast({ doc }: { doc: Doc }) {
  const list = creditsOf(doc);
  const keys = creditKeys(list);
  const items = list.map((one, i) => ({ one, key: keys[i]! }));
  return (
    <Panel id="cast" title={t('cast.title')} lead={list.length ? undefined : t('cast.none')}>
      {list.length > 0 && (
        <Sortable label={t('cast.title')} items={items} id={(item) => item.key} name={(item) => item.one.name ?? ''} onMove={(from, to) => doc.edit('people', moved(list, from, to))}>
          {(item, index) => <Row one={item.one} index={index} doc={doc} />}
        </Sortable>
      )}
      <Who onPick={(who) => doc.edit('people', creditAdd(list, who))} />
    </Panel>
  );
}
