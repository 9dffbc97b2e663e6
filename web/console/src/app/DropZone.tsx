/* DropZone.tsx - films may be dropped anywhere in the console. */
import { Inbox } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { uploads } from '../api/imports';
import { isFilm } from '../lib/fileName';
import { t } from '../messages';
import { say } from '../ui/Toasts';
import css from './drop.module.css';

/** Takes what is a film, says what is not. */
export function filesTake(files: readonly File[]): boolean {
  const films = files.filter(isFilm);
  const left = files.length - films.length;
  if (left) say(t('ingest.not_films', { count: left }), { bad: true });
  if (films.length) uploads.add(films);
  return films.length > 0;
}

export function DropZone() {
  const [over, setOver] = useState(false);
  const navigate = useNavigate();
  useEffect(() => {
    /* Every child that the pointer crosses enters and leaves: what counts is how many it is in. */
    let depth = 0;
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const enter = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      depth++;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (holdsFiles(event) && --depth <= 0) {
        depth = 0;
        setOver(false);
      }
    };
    const overAll = (event: DragEvent) => holdsFiles(event) && event.preventDefault();
    const drop = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      if (filesTake([...(event.dataTransfer?.files ?? [])])) void navigate('/ingest');
    };
    const pairs = [['dragenter', enter], ['dragleave', leave], ['dragover', overAll], ['drop', drop]] as const;
    for (const [name, act] of pairs) addEventListener(name, act);
    return () => { for (const [name, act] of pairs) removeEventListener(name, act); };
  }, [navigate]);
  if (!over) return null;
  return (
    <div className={css.zone}>
      <div className={css.box}>
        <Inbox className={css.icon} aria-hidden strokeWidth={1.4} />
        <p className={css.title}>{t('ingest.drop_here')}</p>
        <p className={css.text}>{t('ingest.drop_text')}</p>
      </div>
    </div>
  );
}
