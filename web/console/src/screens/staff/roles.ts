import { t } from '../../messages';

/** What somebody may do here, in words; nothing for a viewer. */
export const roleText = (roles: readonly string[]): string => [...(roles.includes('editor') ? [t('role.editor')] : []), ...(roles.includes('operator') ? [t('role.operator')] : [])].join(', ');
