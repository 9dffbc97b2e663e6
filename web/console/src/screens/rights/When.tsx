/* When.tsx - a moment typed as the clock of a named zone shows it, and which zone that is. */
import { Select, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { localOf, momentOf, zoneKeep, zoneKept, zonesAll } from '../../lib/zone';
import { t } from '../../messages';

export function useZone(): [string, (zone: string) => void] {
  const [zone, set] = useState(zoneKept);
  return [zone, (next) => { zoneKeep(next); set(next); }];
}

export function ZoneSelect({ zone, onZone }: { zone: string; onZone: (zone: string) => void }) {
  return <Select label={t('rights.zone')} data={zonesAll()} value={zone} searchable onChange={(next) => next && onZone(next)} data-testid="zone" />;
}

/** null: no moment. What is half typed is nobody's business yet. */
export function When({ label, bare, description, zone, value, onChange, error, testid }: { label: string; /** The label stands beside it already. */ bare?: boolean; description?: string; zone: string; value: string | null; onChange: (moment: string | null) => void; error?: string | undefined; testid?: string }) {
  const shown = value ? localOf(zone, value) : '';
  const [typed, setTyped] = useState(shown);
  useEffect(() => setTyped(shown), [shown]);
  return (
    <TextInput
      type="datetime-local" {...(bare ? { 'aria-label': label } : { label })} description={description} value={typed} max="9998-12-31T23:59" error={error} data-testid={testid}
      onChange={(event) => {
        const { value: text, validity } = event.currentTarget;
        setTyped(text);
        const moment = text ? momentOf(zone, text) : null;
        /* A field that lacks a part of it is empty to us; a year that is being typed begins as the year 2. */
        if (text ? moment && Date.parse(moment) > 0 : !validity.badInput) onChange(moment);
      }}
    />
  );
}
