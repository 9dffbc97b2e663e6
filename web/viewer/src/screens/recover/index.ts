/* index.ts - the screens that letters lead to: one chunk, for the few who come. */
export { ForgotScreen } from './ForgotScreen';
export { ConfirmEmailScreen, VerifyScreen } from './LetterScreen';
export { ResetScreen } from './ResetScreen';
