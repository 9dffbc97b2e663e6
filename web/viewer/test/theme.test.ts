import { describe, expect, it } from 'vitest';
import { cssValue } from '../src/lib/theme';

describe('the look', () => {
  it('reads names and addresses out of a style sheet, whatever is in them', () => {
    expect(cssValue('"Kino Eins"')).toBe('Kino Eins');
    expect(cssValue(' "a\\"}</style>\\\\"')).toBe('a"}</style>\\');
    expect(cssValue('url(/art/brand-01J-logo-400.png)')).toBe('/art/brand-01J-logo-400.png');
    expect(cssValue('url("/art/x.png")')).toBe('/art/x.png');
    for (const none of ['', 'none', '"broken', 'url(']) expect(cssValue(none)).toBe('');
  });
});
