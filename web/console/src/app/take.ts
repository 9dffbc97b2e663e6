/* take.ts - files that came in, by a drop or by the browser's window for choosing: each where it belongs. */
import { uploads, keptOf } from '../api/uploads';
import { filesPlain, type Dropped } from '../lib/dropped';
import { isSubtitle, subtitlesTaken } from '../lib/dropTaker';
import { episodeOf, isFilm, sheetOf } from '../lib/fileName';
import { filesChoose } from '../lib/filesChoose';
import { intakeNow, intakeSet } from '../lib/intake';
import { t } from '../messages';
import { say } from '../ui/Toasts';

/**
 * Films go up at once, other than where names of episodes are among them: those are matched first. What was interrupted goes on.
 * A sheet of titles opens the bulk import. Gives the screen to go to; null: nothing of use.
 */
export async function filesTake(dropped: readonly Dropped[]): Promise<string | null> {
  const films = dropped.filter((one) => isFilm(one.file));
  const sheets = dropped.filter((one) => !isFilm(one.file) && sheetOf(one.file.name));
  const words = dropped.map((one) => one.file).filter(isSubtitle);
  if (words.length && !subtitlesTaken(words)) say(t('subtitles.drop_elsewhere'), { bad: true });
  const left = dropped.length - films.length - sheets.length - words.length;
  if (left) say(t('ingest.not_films', { count: left }), { bad: true });
  const sheet = sheets[0]?.file ?? null;
  if (sheets.length > 1) say(t('bulkload.one_at_a_time', { name: sheet?.name ?? '' }), { bad: true });
  if (sheet) intakeSet({ sheet });
  if (!films.length) return sheet ? '/ingest/bulk' : null;

  const known = await Promise.all(films.map(async (one) => ({ one, kept: await keptOf(one.file) })));
  const fresh = known.filter(({ kept }) => !kept).map(({ one }) => one);
  const match = fresh.some((one) => episodeOf(one.path));
  uploads.add([...known.filter(({ kept }) => kept).map(({ one, kept }) => ({ file: one.file, handle: one.handle, title: kept?.title, into: kept?.into })), ...(match ? [] : fresh)]);
  if (match) intakeSet({ films: [...intakeNow().films, ...fresh] });
  return '/ingest';
}

/** By the browser's own window. */
export const filesAsk = async (): Promise<string | null> => await filesTake(filesPlain(await filesChoose('video/*,.mkv,.mxf,.mov,.m2ts,.ts,.avi,.csv,.tsv,.json,.xml')));
