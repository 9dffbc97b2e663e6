/* jobWords.ts - what a piece of work is called. */
import type { Job } from '@shared/api/client';
import { t, type PlainKey } from '../../messages';
import type { Tone } from '../../ui/Tag';

const kinds: Record<string, PlainKey> = {
  'ingest.store': 'job.store', 'ingest.probe': 'job.probe', 'ingest.plan': 'job.plan', 'ingest.encode': 'job.encode', 'ingest.audio': 'job.audio', 'ingest.text': 'job.text', 'ingest.images': 'job.images',
  'ingest.package': 'job.package', 'ingest.verify': 'job.verify', 'ingest.publish': 'job.publish', 'ingest.quality': 'job.quality', 'ingest.drop': 'job.drop',
  'ingest.transcrypt': 'job.transcrypt', 'ingest.mezzanine': 'job.mezzanine',
};
/** One that is newer than these words keeps its own name. */
export const jobName = ({ kind }: Job): string => {
  const key = kinds[kind];
  return key ? t(key) : kind;
};
export const jobTones: Record<Job['state'], Tone> = { waiting: 'plain', ready: 'plain', running: 'busy', done: 'good', failed: 'bad', cancelled: 'plain' };
