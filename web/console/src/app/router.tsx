/* router.tsx - the screens and their addresses below /console. Every screen is a chunk of its own. */
import { createBrowserRouter } from 'react-router';
import { NotFoundScreen } from '../screens/not-found/NotFoundScreen';
import { CrashScreen } from './CrashScreen';
import { RequireStaff } from './RequireStaff';
import { Shell } from './Shell';

/* Made once the words are there: it loads the first screen at once, whose tables are made of them. */
export const routerMake = () => createBrowserRouter(
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
                { path: 'titles/:id/subtitles/:subtitle', lazy: () => import('../screens/subtitles/SubtitleScreen').then((m) => ({ Component: m.SubtitleScreen })) },
                { path: 'titles/:id/rights', lazy: () => import('../screens/rights/TitleRightsScreen').then((m) => ({ Component: m.TitleRightsScreen })) },
                { path: 'ingest/:tab?', lazy: () => import('../screens/ingest/IngestScreen').then((m) => ({ Component: m.IngestScreen })) },
                { path: 'storefront/:tab?', lazy: () => import('../screens/storefront/StorefrontScreen').then((m) => ({ Component: m.StorefrontScreen })) },
                { path: 'catalogue/:kind?', lazy: () => import('../screens/things/ThingsScreen').then((m) => ({ Component: m.ThingsScreen })) },
                { path: 'catalogue/:kind/:id', lazy: () => import('../screens/things/ThingScreen').then((m) => ({ Component: m.ThingScreen })) },
                { path: 'rights', lazy: () => import('../screens/rights/RightsScreen').then((m) => ({ Component: m.RightsScreen })) },
                { path: 'searches', lazy: () => import('../screens/searches/SearchesScreen').then((m) => ({ Component: m.SearchesScreen })) },
                { path: 'plans/:tab?', lazy: () => import('../screens/plans/PlansScreen').then((m) => ({ Component: m.PlansScreen })) },
                { path: 'customers', lazy: () => import('../screens/customers/CustomersScreen').then((m) => ({ Component: m.CustomersScreen })) },
                { path: 'customers/:id', lazy: () => import('../screens/customers/CustomerScreen').then((m) => ({ Component: m.CustomerScreen })) },
                { path: 'staff', lazy: () => import('../screens/staff/StaffScreen').then((m) => ({ Component: m.StaffScreen })) },
                { path: 'developers/:tab?', lazy: () => import('../screens/developers/DevelopersScreen').then((m) => ({ Component: m.DevelopersScreen })) },
                { path: 'developers/webhooks/:id', lazy: () => import('../screens/developers/WebhookScreen').then((m) => ({ Component: m.WebhookScreen })) },
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
