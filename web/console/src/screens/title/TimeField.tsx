/* TimeField.tsx - a place in a film, typed: taken when the field is left or Enter is pressed, and only where it is one that onTake has a use for. */
import { TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { timecodeRead, timecodeText } from '../../lib/timecode';
import { t } from '../../messages';
import css from './film.module.css';

export function TimeField({ label, value, onTake, testid }: { label: string; value: number; onTake: (seconds: number) => boolean; testid?: string }) {
  const [typed, setTyped] = useState(() => timecodeText(value));
  useEffect(() => setTyped(timecodeText(value)), [value]);
  const read = timecodeRead(typed);
  const take = () => {
    if (read === null || read === value || !onTake(read)) setTyped(timecodeText(value));
  };
  return (
    <TextInput
      size="xs" className={css.timeField} aria-label={label} value={typed} error={read === null ? t('marker.no_time') : undefined} inputMode="decimal"
      onChange={(event) => setTyped(event.currentTarget.value)} onBlur={take} onKeyDown={(event) => event.key === 'Enter' && take()} data-testid={testid}
    />
  );
}
