export { ActivateScreen } from './ActivateScreen';
export { PairScreen } from './PairScreen';
