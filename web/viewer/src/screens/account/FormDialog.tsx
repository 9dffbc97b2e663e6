/* FormDialog.tsx - a question about the account, asked over the page. */
import { useEffect, useRef, type FormEvent, type ReactNode } from 'react';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import css from './account.module.css';

export function FormDialog({ title, detail, busy, save, onSubmit, onClose, children }: { title: string; detail: string; busy: boolean; save: string; onSubmit: (data: FormData) => void; onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current?.showModal(), []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSubmit(new FormData(event.currentTarget));
  };
  return (
    <dialog ref={ref} className={css.dialog} onClose={onClose} aria-labelledby="form-title">
      <form onSubmit={submit}>
        <h2 id="form-title">{title}</h2>
        <p>{detail}</p>
        {children}
        <div className={css.choices}>
          <Button onClick={() => ref.current?.close()}>{t('action.cancel')}</Button>
          <Button type="submit" look="accent" busy={busy} data-testid="save">
            {save}
          </Button>
        </div>
      </form>
    </dialog>
  );
}
