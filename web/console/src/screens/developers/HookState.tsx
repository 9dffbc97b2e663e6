/* HookState.tsx - how an endpoint does, in a word, and why. */
import type { Webhook } from '@shared/api/client';
import { t, type PlainKey } from '../../messages';
import { Tag, type Tone } from '../../ui/Tag';

const states: Record<Webhook['state'], [Tone, PlainKey]> = { on: ['good', 'dev.on'], failing: ['bad', 'dev.failing'], off: ['plain', 'dev.off'] };
const whys: Record<NonNullable<Webhook['off_why']>, PlainKey> = { hand: 'dev.off_hand', failing: 'dev.off_failing', gone: 'dev.off_gone' };

export const HookState = ({ of }: { of: Webhook }) => <Tag tone={states[of.state][0]}>{t(states[of.state][1])}</Tag>;
export const offText = (hook: Webhook): string => (hook.off_why ? t(whys[hook.off_why]) : '');
