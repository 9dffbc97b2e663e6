/* Form.tsx - forms in a drawer or a dialog: the fields' refusals beside the fields, what is left above, one button that saves. */
import { Button, Drawer } from '@mantine/core';
import { createContext, useContext, type FormEvent, type ReactNode } from 'react';
import { ApiError } from '@shared/api/client';
import { t } from '../messages';
import css from './form.module.css';
import { failureText } from './States';

const Refusal = createContext<ApiError | null>(null);

/** What the server said about one field of the form that it is in. */
export const useFieldError = (name: string): string | undefined => useContext(Refusal)?.field(name);

interface Props {
  error: unknown;
  busy: boolean;
  action?: string;
  onSubmit: (data: FormData) => void;
  onCancel?: () => void;
  children: ReactNode;
}

export function Form({ error, busy, action, onSubmit, onCancel, children }: Props) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    event.stopPropagation();
    onSubmit(new FormData(event.currentTarget));
  };
  return (
    <Refusal.Provider value={error instanceof ApiError ? error : null}>
      <form className={css.form} onSubmit={submit}>
        {error != null && <p role="alert" className={css.problem}>{failureText(error)}</p>}
        {children}
        <div className={css.actions}>
          {onCancel && <Button onClick={onCancel}>{t('action.cancel')}</Button>}
          <Button type="submit" variant="filled" loading={busy} data-testid="form-save">{action ?? t('action.save')}</Button>
        </div>
      </form>
    </Refusal.Provider>
  );
}

/** A form at the side, so that the list stays in sight. */
export function Side({ title, open, onClose, children }: { title: string; open: boolean; onClose: () => void; children: ReactNode }) {
  return (
    <Drawer opened={open} onClose={onClose} position="right" size="28rem" title={title} closeButtonProps={{ 'aria-label': t('action.close') }} classNames={{ title: css.sideTitle }}>
      {open && children}
    </Drawer>
  );
}

export const text = (data: FormData, name: string): string => String(data.get(name) ?? '').trim();
/** An empty field is 0. */
export const whole = (data: FormData, name: string): number => Number.parseInt(text(data, name), 10) || 0;
