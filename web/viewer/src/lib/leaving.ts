/** For what is sent while the page goes: the browser finishes the request without it. */
export const fetchLeaving: typeof fetch = (input, init) => fetch(input, { ...init, keepalive: true });
