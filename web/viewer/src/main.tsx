import '@fontsource-variable/inter/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/tv.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { queryClient } from './api/queries';
import { router } from './app/router';
import { eventsStart } from './events/queue';
import { installStart } from './lib/install';
import { themeBegin } from './lib/theme';
import { tvDetect } from './lib/tv';
import { workerStart } from './lib/worker';
import { languageChoose } from './messages';

eventsStart();
themeBegin();
tvDetect();
installStart();
workerStart();
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
void languageChoose(navigator.languages).then(() =>
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  ),
);
