/* DropZone.tsx - films, folders of them and sheets of titles may be dropped anywhere in the console. */
import { Inbox } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { filesOfDrop } from '../lib/dropped';
import { t } from '../messages';
import css from './drop.module.css';
import { filesTake } from './take';

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
      const taken = event.defaultPrevented; /* the screen has a use for these */
      event.preventDefault();
      depth = 0;
      setOver(false);
      if (event.dataTransfer && !taken) void filesOfDrop(event.dataTransfer).then(filesTake).then((to) => to && void navigate(to));
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
