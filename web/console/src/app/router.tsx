/* router.tsx - the screens and their addresses below /console. Every screen is a chunk of its own. */
import { createBrowserRouter } from 'react-router';
import { NotFoundScreen } from '../screens/not-found/NotFoundScreen';
import { CrashScreen } from './CrashScreen';
import { RequireStaff } from './RequireStaff';
import { Shell } from './Shell';

export const router = createBrowserRouter(
  [
    {
      Component: RequireStaff,
      ErrorBoundary: CrashScreen,
      HydrateFallback: () => null,
      children: [
        {
          Component: Shell,
          children: [
            {
              ErrorBoundary: CrashScreen,
              children: [
                { index: true, lazy: () => import('../screens/overview/OverviewScreen').then((m) => ({ Component: m.OverviewScreen })) },
                { path: 'titles', lazy: () => import('../screens/titles/TitlesScreen').then((m) => ({ Component: m.TitlesScreen })) },
                { path: 'titles/:id', lazy: () => import('../screens/title/TitleScreen').then((m) => ({ Component: m.TitleScreen })) },
                { path: 'ingest', lazy: () => import('../screens/ingest/IngestScreen').then((m) => ({ Component: m.IngestScreen })) },
                { path: 'rights', lazy: () => import('../screens/rights/RightsScreen').then((m) => ({ Component: m.RightsScreen })) },
                { path: 'plans/:tab?', lazy: () => import('../screens/plans/PlansScreen').then((m) => ({ Component: m.PlansScreen })) },
                { path: 'customers', lazy: () => import('../screens/customers/CustomersScreen').then((m) => ({ Component: m.CustomersScreen })) },
                { path: 'customers/:id', lazy: () => import('../screens/customers/CustomerScreen').then((m) => ({ Component: m.CustomerScreen })) },
                { path: 'staff', lazy: () => import('../screens/staff/StaffScreen').then((m) => ({ Component: m.StaffScreen })) },
                { path: 'settings', lazy: () => import('../screens/settings/SettingsScreen').then((m) => ({ Component: m.SettingsScreen })) },
                { path: 'audit', lazy: () => import('../screens/audit/AuditScreen').then((m) => ({ Component: m.AuditScreen })) },
                { path: '*', Component: NotFoundScreen },
              ],
            },
          ],
        },
      ],
    },
  ],
  { basename: '/console' },
);
