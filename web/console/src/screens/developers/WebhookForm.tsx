/* WebhookForm.tsx - an endpoint: its name, where it lies, what it is told of. */
import { Button, Checkbox, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Webhook, WebhookEvent, WebhookNew } from '@shared/api/client';
import { t } from '../../messages';
import { Form, text, useFieldError } from '../../ui/Form';
import css from './developers.module.css';
import { nameText } from './words';

function Address({ value }: { value: string | undefined }) {
  return <TextInput type="url" name="url" label={t('dev.url')} description={t('dev.url_hint')} placeholder={'https://example.org/hooks'} defaultValue={value} required maxLength={2000} autoComplete="off" error={useFieldError('url')} />;
}

interface Props {
  old: Webhook | null;
  events: WebhookEvent[];
  error: unknown;
  busy: boolean;
  onSave: (body: WebhookNew) => void;
  onClose: () => void;
}

export function WebhookForm({ old, events, error, busy, onSave, onClose }: Props) {
  const all = events.filter((event) => event.type !== 'ping');
  const [chosen, setChosen] = useState<string[]>(old?.events ?? []);
  const [bare, setBare] = useState(false);
  const every = chosen.length === all.length;
  const save = (data: FormData) => {
    setBare(chosen.length === 0);
    if (chosen.length) onSave({ name: text(data, 'name'), url: text(data, 'url'), events: chosen });
  };
  return (
    <Form error={error} busy={busy} action={old ? t('action.save') : t('dev.hook_make')} onSubmit={save} onCancel={onClose}>
      <TextInput name="name" label={t('dev.name')} defaultValue={old?.name} required maxLength={60} autoComplete="off" data-autofocus />
      <Address value={old?.url} />
      <Checkbox.Group label={t('dev.events')} value={chosen} onChange={setChosen} error={bare && !chosen.length ? t('dev.events_none') : undefined}>
        <div className={css.choices}>
          <Button className={css.every} onClick={() => setChosen(every ? [] : all.map((event) => event.type))}>{every ? t('dev.events_clear') : t('dev.events_all')}</Button>
          {all.map((event) => <Checkbox key={event.type} value={event.type} label={<code>{event.type}</code>} description={nameText(event.type, event.doc)} />)}
        </div>
      </Checkbox.Group>
    </Form>
  );
}
