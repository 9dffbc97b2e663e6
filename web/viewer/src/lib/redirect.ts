/** Where to go after signing in: a path of this site only, so that a link can't send people elsewhere. */
export function safePath(to: string | null): string {
  if (!to || !to.startsWith('/') || to.startsWith('//') || /[\\\u0000-\u001f]/.test(to)) return '/';
  return to.startsWith('/sign-in') || to.startsWith('/sign-up') || to.startsWith('/pair') ? '/' : to;
}
