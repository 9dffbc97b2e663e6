/* steps.ts - the journey of an import in the five steps that an editor thinks in; the server's stages are finer. */
import type { Import } from '@shared/api/client';

const steps = [
  ['probe', ['store', 'probe', 'plan']],
  ['encode', ['encode', 'audio', 'text']],
  ['package', ['images', 'package']],
  ['verify', ['verify']],
  ['publish', ['publish']],
] as const;

export type StepName = (typeof steps)[number][0];
export interface Step {
  name: StepName;
  state: 'done' | 'now' | 'next';
}

export function stepsOf(one: Pick<Import, 'state' | 'stage'>): Step[] {
  const at = one.state === 'done' ? steps.length : one.state === 'queued' ? -1 : steps.findIndex(([, stages]) => (stages as readonly string[]).includes(one.stage ?? ''));
  return steps.map(([name], i) => ({ name, state: i < at ? 'done' : i === at ? 'now' : 'next' }));
}
