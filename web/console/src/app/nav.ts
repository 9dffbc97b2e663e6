/* nav.ts - the places of the console: the rail, the palette and the keys are made from this table. A place that does not exist yet has no row. */
import { CalendarRange, Clapperboard, CodeXml, CreditCard, History, Inbox, LayoutDashboard, LayoutTemplate, SearchX, Settings, ShieldCheck, Tags, Users, type LucideIcon } from 'lucide-react';
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
  { path: '/rights', label: 'nav.rights', icon: CalendarRange, role: 'editor', key: 'r', group: 'work' },
  { path: '/storefront', label: 'nav.storefront', icon: LayoutTemplate, role: 'editor', key: 'h', group: 'work' },
  { path: '/catalogue', label: 'nav.things', icon: Tags, role: 'editor', key: 'e', group: 'work' },
  { path: '/searches', label: 'nav.searches', icon: SearchX, role: 'editor', key: 'm', group: 'work' },
  { path: '/customers', label: 'nav.customers', icon: Users, role: 'operator', key: 'c', group: 'business' },
  { path: '/plans', label: 'nav.plans', icon: CreditCard, role: 'operator', key: 'p', group: 'business' },
  { path: '/staff', label: 'nav.staff', icon: ShieldCheck, role: 'operator', key: 'f', group: 'house' },
  { path: '/developers', label: 'nav.developers', icon: CodeXml, role: 'operator', key: 'd', group: 'house' },
  { path: '/audit', label: 'nav.audit', icon: History, role: 'operator', key: 'a', group: 'house' },
  { path: '/settings', label: 'nav.settings', icon: Settings, role: 'operator', key: 's', group: 'house' },
];

export const placesFor = (roles: readonly Role[]): Place[] => places.filter((place) => !place.role || roles.includes(place.role));
