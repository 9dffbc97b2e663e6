import { Outlet, ScrollRestoration } from 'react-router';

export function Root() {
  return (
    <>
      <Outlet />
      {/* Whatever is opened by its address has the same key: it is told by its path, or a page would begin where another ended. */}
      <ScrollRestoration getKey={({ key, pathname }) => (key === 'default' ? pathname : key)} />
    </>
  );
}
