/* router.tsx - the screens and their addresses. The player is a chunk of its own, and so is Shaka inside it, and so is what few come to. */
import { createBrowserRouter } from 'react-router';
import { HomeScreen } from '../screens/home/HomeScreen';
import { NotFoundScreen } from '../screens/not-found/NotFoundScreen';
import { SearchScreen } from '../screens/search/SearchScreen';
import { SignInScreen } from '../screens/sign-in/SignInScreen';
import { SignUpScreen } from '../screens/sign-in/SignUpScreen';
import { TitleScreen } from '../screens/title/TitleScreen';
import { CrashScreen } from './CrashScreen';
import { RequireSession } from './RequireSession';
import { Root } from './Root';
import { Shell } from './Shell';

const account = () => import('../screens/account/AccountScreen').then((module) => ({ Component: module.AccountScreen }));
const myList = () => import('../screens/my-list/MyListScreen').then((module) => ({ Component: module.MyListScreen }));
const browse = () => import('../screens/browse');
const history = () => import('../screens/history/HistoryScreen').then((module) => ({ Component: module.HistoryScreen }));
const profiles = () => import('../screens/profiles/ProfilesScreen').then((module) => ({ Component: module.ProfilesScreen }));
const recover = () => import('../screens/recover');
const pair = () => import('../screens/pair');
const shop = () => import('../screens/shop');
const watch = () => import('../screens/watch/WatchScreen').then((module) => ({ Component: module.WatchScreen }));

export const router = createBrowserRouter([
  {
    Component: Root,
    ErrorBoundary: CrashScreen,
    /* Until a lazy screen has come: the bare dark ground, which is what the player starts from too. */
    HydrateFallback: () => null,
    children: [
      { path: '/sign-in', Component: SignInScreen },
      { path: '/sign-in/oidc/:provider', lazy: () => import('../screens/sign-in/OidcReturnScreen').then((module) => ({ Component: module.OidcReturnScreen })) },
      { path: '/sign-up', Component: SignUpScreen },
      { path: '/forgot-password', lazy: async () => ({ Component: (await recover()).ForgotScreen }) },
      { path: '/reset-password', lazy: async () => ({ Component: (await recover()).ResetScreen }) },
      { path: '/verify', lazy: async () => ({ Component: (await recover()).VerifyScreen }) },
      { path: '/confirm-email', lazy: async () => ({ Component: (await recover()).ConfirmEmailScreen }) },
      { path: '/pair', lazy: async () => ({ Component: (await pair()).PairScreen }) },
      {
        Component: RequireSession,
        children: [
          {
            Component: Shell,
            children: [
              { ErrorBoundary: CrashScreen, children: [
                { index: true, Component: HomeScreen },
                { path: '/title/:slug', Component: TitleScreen },
                { path: '/search', Component: SearchScreen },
                { path: '/my-list', lazy: myList },
                { path: '/history', lazy: history },
                { path: '/browse', lazy: async () => ({ Component: (await browse()).BrowseScreen }) },
                { path: '/genre/:slug', lazy: async () => ({ Component: (await browse()).BrowseScreen }) },
                { path: '/person/:slug', lazy: async () => ({ Component: (await browse()).PersonScreen }) },
                { path: '/collection/:slug', lazy: async () => ({ Component: (await browse()).CollectionScreen }) },
                { path: '/account', lazy: account },
                { path: '/profiles', lazy: profiles },
                { path: '/plans', lazy: async () => ({ Component: (await shop()).PlansScreen }) },
                { path: '/checkout', lazy: async () => ({ Component: (await shop()).CheckoutScreen }) },
                { path: '/billing/return', lazy: async () => ({ Component: (await shop()).ReturnScreen }) },
                { path: '/account/membership', lazy: async () => ({ Component: (await shop()).MembershipScreen }) },
              ] },
            ],
          },
          { path: '/activate', lazy: async () => ({ Component: (await pair()).ActivateScreen }) },
          { path: '/watch/:slug', lazy: watch },
        ],
      },
      { path: '*', Component: NotFoundScreen },
    ],
  },
]);
