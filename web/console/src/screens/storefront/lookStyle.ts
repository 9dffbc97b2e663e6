/* lookStyle.ts - a theme as the properties that a drawing of the viewers' page uses: what theme.css makes of it there. */
import type { Theme } from '@shared/api/client';
import { colourMix, colourParse, colourText, inkOn, surfaces, type Rgb } from '../../lib/colour';

export const stacks: Record<Theme['font'], string> = {
  inter: "'Inter Variable', system-ui, sans-serif",
  system: "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  serif: "'Iowan Old Style', 'Palatino Linotype', Palatino, Georgia, serif",
  rounded: "ui-rounded, 'SF Pro Rounded', Nunito, 'Segoe UI', system-ui, sans-serif",
};
const radii: Record<Theme['corners'], string> = { square: '0', soft: '6px', round: '14px' };

type Look = Pick<Theme, 'ground' | 'text' | 'accent' | 'font' | 'corners'>;

export function lookStyle(look: Look): Record<string, string> {
  const ground = colourParse(look.ground) ?? ([11, 12, 16] as Rgb);
  const text = colourParse(look.text) ?? ([242, 243, 245] as Rgb);
  const accent = colourParse(look.accent) ?? ([245, 179, 66] as Rgb);
  return {
    '--look-ground': colourText(ground), '--look-text': colourText(text), '--look-text-2': colourText(colourMix(ground, text, 0.72)), '--look-accent': colourText(accent), '--look-ink': colourText(inkOn(accent)),
    '--look-surface': colourText(colourMix(ground, text, surfaces[1])), '--look-font': stacks[look.font], '--look-radius': radii[look.corners],
  };
}
