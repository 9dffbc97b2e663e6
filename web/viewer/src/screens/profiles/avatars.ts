/* avatars.ts - a profile's colour. The names are the API's; two ends of a gradient that white letters read on. */
import type { Profile } from '@shared/api/client';

export const avatars: Record<Profile['avatar'], [string, string]> = {
  amber: ['#b45309', '#7c2d12'],
  coral: ['#dc2626', '#7f1d1d'],
  rose: ['#db2777', '#831843'],
  violet: ['#7c3aed', '#4c1d95'],
  indigo: ['#4f46e5', '#312e81'],
  sky: ['#0369a1', '#0c4a6e'],
  teal: ['#0f766e', '#134e4a'],
  lime: ['#4d7c0f', '#365314'],
  slate: ['#475569', '#1e293b'],
  sand: ['#92704a', '#57401f'],
};

export const avatarNames = Object.keys(avatars) as Profile['avatar'][];

export function avatarStyle(name: Profile['avatar']): { background: string; color: string } {
  const [from, to] = avatars[name] ?? avatars.slate;
  return { background: `linear-gradient(140deg, ${from}, ${to})`, color: '#fff' };
}
