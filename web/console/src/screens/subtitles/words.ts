/* words.ts - warnings in an editor's words. */
import type { CueLimits } from '../../api/subtitles';
import type { Warning } from '../../lib/cues';
import { numberText } from '../../lib/format';
import { t } from '../../messages';

const seconds = (ms: number): string => numberText(Math.round(ms / 100) / 10);

export function warningText({ code, value }: Warning, limits: CueLimits): string {
  switch (code) {
    case 'negative': return t('cues.warn_negative');
    case 'empty': return t('cues.warn_empty');
    case 'overlap': return t('cues.warn_overlap', { seconds: numberText(value / 1000) });
    case 'too_fast': return t('cues.warn_too_fast', { value, limit: limits.chars_per_s });
    case 'too_short': return t('cues.warn_too_short', { seconds: numberText(value / 1000) });
    case 'too_long': return t('cues.warn_too_long', { seconds: seconds(value) });
    case 'long_line': return t('cues.warn_long_line', { value, limit: limits.line_chars });
    case 'many_lines': return t('cues.warn_many_lines', { value });
    case 'past_end': return t('cues.warn_past_end', { seconds: seconds(value) });
  }
}
