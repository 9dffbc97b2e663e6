/* index.ts - the chunk of the shop: nothing of it is loaded before somebody looks at a plan, a price or an invoice. */
export { CheckoutScreen } from './CheckoutScreen';
export { MembershipScreen } from './MembershipScreen';
export { PlansScreen } from './PlansScreen';
export { ReturnScreen } from './ReturnScreen';
