import '@fontsource-variable/inter/wght.css';
import '@mantine/core/styles.layer.css';
import './styles/base.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { queryClient } from './api/queries';
import { routerMake } from './app/router';
import { schemeManager } from './app/scheme';
import { cssVariables, theme } from './app/theme';
import { languageStart } from './messages';
import { Toasts } from './ui/Toasts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
void languageStart().then(() =>
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto" colorSchemeManager={schemeManager}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={routerMake()} />
          <Toasts />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  ),
);
