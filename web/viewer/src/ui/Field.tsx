/* Field.tsx - a labelled input with its hint and its own error, tied together for screen readers. */
import { Eye, EyeOff } from 'lucide-react';
import { useId, useState, type InputHTMLAttributes } from 'react';
import { t } from '../messages';
import css from './field.module.css';

type Props = { label: string; note?: string; hint?: string; error?: string } & InputHTMLAttributes<HTMLInputElement>;

export function Field({ label, note, hint, error, type, ...rest }: Props) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const secret = type === 'password';
  const below = error ?? hint;
  return (
    <div className={css.field}>
      <label htmlFor={id}>
        {label} {note && <span>{note}</span>}
      </label>
      <div className={css.box} data-bad={error ? true : undefined}>
        <input
          {...rest}
          id={id}
          type={secret && shown ? 'text' : type}
          aria-invalid={error ? true : undefined}
          aria-describedby={below ? `${id}-below` : undefined}
        />
        {secret && (
          <button type="button" aria-label={shown ? t('sign_in.hide') : t('sign_in.show')} aria-pressed={shown} onClick={() => setShown(!shown)}>
            {shown ? <EyeOff /> : <Eye />}
          </button>
        )}
      </div>
      {below && (
        <p id={`${id}-below`} className={error ? css.error : css.hint} role={error ? 'alert' : undefined}>
          {below}
        </p>
      )}
    </div>
  );
}
