/* Help.tsx - the keyboard, listed. */
import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { t, type PlainKey } from '../messages';
import { keyHelp } from './keys';
import css from './help.module.css';

const cap = (key: string) => (key.startsWith('keys.') ? t(key as PlainKey) : key);

export function Help({ onClose }: { onClose: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current?.showModal(), []);
  return (
    <dialog ref={ref} className={css.help} aria-labelledby="help-title" onClose={onClose} onClick={(event) => event.target === ref.current && ref.current.close()} data-testid="help">
      <div>
        <div className={css.head}>
          <h2 id="help-title">{t('player.help')}</h2>
          <button type="button" aria-label={t('action.close')} onClick={() => ref.current?.close()}>
            <X aria-hidden />
          </button>
        </div>
        <dl>
          {keyHelp.map(({ keys, text }) => (
            <div key={text}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{cap(key)}</kbd>
                ))}
              </dt>
              <dd>{t(text)}</dd>
            </div>
          ))}
        </dl>
      </div>
    </dialog>
  );
}
