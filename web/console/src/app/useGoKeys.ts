/* useGoKeys.ts - G and a letter goes to a place, as in a mail program. Not while somebody types. */
import { useEffect } from 'react';
import { useNavigate } from 'react-router';
import { useRoles } from '../api/queries';
import { placesFor } from './nav';

const WITHIN_MS = 1500;

export const isTyping = (target: EventTarget | null): boolean => target instanceof Element && target.closest('input, textarea, select, [contenteditable=true], [role=dialog], [role=menu]') !== null;

export function useGoKeys(): void {
  const navigate = useNavigate();
  const roles = useRoles().join(' ');
  useEffect(() => {
    let since = -Infinity;
    const places = placesFor(roles.split(' ') as never);
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const key = event.key.toLowerCase();
      const place = event.timeStamp - since < WITHIN_MS && places.find((one) => one.key === key);
      since = key === 'g' ? event.timeStamp : -Infinity;
      if (!place) return;
      event.preventDefault();
      void navigate(place.path);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [navigate, roles]);
}
