/* code.ts - the code behind the '#' of a letter's link. It leaves the address bar at once: nobody should copy it from there. */
import { useEffect, useState } from 'react';

export function useCode(): string {
  const [code] = useState(() => new URLSearchParams(location.hash.slice(1)).get('code') ?? '');
  useEffect(() => {
    if (code) history.replaceState(history.state, '', location.pathname + location.search);
  }, [code]);
  return code;
}
