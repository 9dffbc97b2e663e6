/* Skeleton.tsx - a piece of the real layout before its content is there. */
import type { CSSProperties } from 'react';
import css from './skeleton.module.css';

export function Skeleton({ className, width, height }: { className?: string; width?: string; height?: string }) {
  return <span aria-hidden className={`${css.bone} ${className ?? ''}`} style={{ width, height } as CSSProperties} />;
}

/** Says once, to those who can't see the bones, what is being waited for. */
export function Loading({ label }: { label: string }) {
  return (
    <p role="status" className="hidden-text">
      {label}
    </p>
  );
}
