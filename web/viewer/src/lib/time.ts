/* time.ts - seconds as people read them. */
import { localeNow, t } from '../messages';

/** 42 -> "0:42", 3723.9 -> "1:02:03". Never rounds up: a clock doesn't. */
export function clockTime(seconds: number): string {
  const s = Number.isFinite(seconds) && seconds > 0 ? Math.floor(seconds) : 0;
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor(s / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** 7680 -> "2 h 8 min"; under a minute in seconds, so that a clip isn't "0 min" long. */
export function runtimeText(seconds: number): string {
  if (seconds < 60) return t('time.seconds', { seconds: Math.max(1, Math.round(seconds)) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t('time.minutes', { minutes });
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? t('time.hours_minutes', { hours, minutes: minutes % 60 }) : t('time.hours', { hours });
}

/** What is left, rounded up; the last minute in seconds. */
export function leftText(position_s: number, duration_s: number): string {
  const seconds = Math.max(1, Math.ceil(duration_s - position_s));
  if (seconds < 60) return t('time.seconds_left', { seconds });
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return t('time.left', { count: minutes });
  return t('time.hours_left', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

export function watchedFraction(position_s: number, duration_s: number): number {
  return duration_s > 0 ? Math.min(1, Math.max(0, position_s / duration_s)) : 0;
}

/** Worth offering: not the first seconds that anybody watches by accident, and not the very end. */
export function resumeAt(progress: { position_s: number; duration_s: number } | null): number {
  return progress && progress.position_s >= 5 && progress.position_s < progress.duration_s - 8 ? progress.position_s : 0;
}

/** The clock on the wall when a title of that length, started now, ends. */
export function endsAt(remaining_s: number, now: Date): string {
  const end = new Date(now.getTime() + remaining_s * 1000);
  return new Intl.DateTimeFormat(localeNow(), { hour: 'numeric', minute: '2-digit' }).format(end);
}
