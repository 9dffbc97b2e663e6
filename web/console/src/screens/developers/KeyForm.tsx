/* KeyForm.tsx - a new key: what it is for, what it opens, until when, from where. */
import { Checkbox, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ApiKeyMade, Scope } from '@shared/api/client';
import { useKeyCreate } from '../../api/developers';
import { dayStart } from '../../api/house';
import { t } from '../../messages';
import { Form, text, useFieldError } from '../../ui/Form';
import css from './developers.module.css';
import { nameText } from './words';

function Ranges() {
  return <Textarea name="ranges" label={t('dev.ranges')} description={t('dev.ranges_hint')} placeholder={'203.0.113.0/24'} rows={2} error={useFieldError('ranges')} />;
}

export function KeyForm({ scopes, onMade, onClose }: { scopes: Scope[]; onMade: (made: ApiKeyMade) => void; onClose: () => void }) {
  const create = useKeyCreate();
  const [chosen, setChosen] = useState<string[]>([]);
  const [bare, setBare] = useState(false);
  const save = (data: FormData) => {
    setBare(chosen.length === 0);
    if (!chosen.length) return;
    const ranges = text(data, 'ranges').split(/[\s,]+/).filter(Boolean);
    const until = dayStart(text(data, 'until'), 1);
    create.mutate({ name: text(data, 'name'), scopes: chosen, ...(ranges.length ? { ranges } : {}), ...(until ? { expires_at: until } : {}) }, { onSuccess: onMade });
  };
  return (
    <Form error={create.error} busy={create.isPending} action={t('dev.key_make')} onSubmit={save} onCancel={onClose}>
      <TextInput name="name" label={t('dev.name')} description={t('dev.key_name_hint')} required maxLength={60} autoComplete="off" data-autofocus />
      <Checkbox.Group label={t('dev.scopes')} description={t('dev.scopes_hint')} value={chosen} onChange={setChosen} error={bare && !chosen.length ? t('dev.scopes_none') : undefined}>
        <div className={css.choices}>
          {scopes.map((scope) => (
            <Checkbox key={scope.name} value={scope.name} label={<code>{scope.name}</code>} description={scope.allowed ? nameText(scope.name, scope.doc) : t('dev.scope_not_yours')} disabled={!scope.allowed} />
          ))}
        </div>
      </Checkbox.Group>
      <TextInput type="date" name="until" label={t('dev.until')} description={t('dev.until_hint')} />
      <Ranges />
    </Form>
  );
}
