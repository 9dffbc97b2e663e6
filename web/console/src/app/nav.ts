/* nav.ts - the places of the console: the rail, the palette and the keys are made from this table. A place that does not exist yet has no row. */
import { Clapperboard, History, Inbox, LayoutDashboard, type LucideIcon } from 'lucide-react';
import type { Role } from '../api/queries';
import type { PlainKey } from '../messages';

export interface Place {
  path: string;
  label: PlainKey;
  icon: LucideIcon;
  /** Who may go there; absent: all of staff. */
  role?: Role;
  /** The second key after G. */
  key: string;
  group: 'work' | 'business' | 'house';
}

export const places: Place[] = [
  { path: '/', label: 'nav.overview', icon: LayoutDashboard, key: 'o', group: 'work' },
  { path: '/titles', label: 'nav.titles', icon: Clapperboard, role: 'editor', key: 't', group: 'work' },
  { path: '/ingest', label: 'nav.ingest', icon: Inbox, role: 'editor', key: 'i', group: 'work' },
  { path: '/audit', label: 'nav.audit', icon: History, role: 'operator', key: 'a', group: 'house' },
];

export const placesFor = (roles: readonly Role[]): Place[] => places.filter((place) => !place.role || roles.includes(place.role));
