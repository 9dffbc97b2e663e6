/* labels.ts - the names of audio and subtitle tracks. Roles as DASH has them (ISO/IEC 23009-1 5.8.5.5) and as the API has them. */
import { t } from '../messages';

type AudioLabel = { name: string; channels: number | null; role: string };

export function audioLabel({ name, channels, role }: AudioLabel): string {
  if (/descri/i.test(role)) return t('player.described', { name });
  if (/comment/i.test(role)) return t('player.commentary', { name });
  if (channels && channels >= 6) return t('player.surround', { name });
  return channels ? t('player.stereo', { name }) : name;
}

export const textLabel = (name: string, role: string): string => (/caption|sdh/i.test(role) ? t('player.captions', { name }) : name);
