import { Outlet, ScrollRestoration } from 'react-router';
import { useArrows } from './useArrows';

export function Root() {
  useArrows();
  return (
    <>
      <Outlet />
      {/* Whatever is opened by its address has the same key: it is told by its path, or a page would begin where another ended. */}
      <ScrollRestoration getKey={({ key, pathname }) => (key === 'default' ? pathname : key)} />
    </>
  );
}
