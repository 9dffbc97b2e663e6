/* ownFields.ts - the house's own fields: whether what is typed is what a field takes, as the server will ask. */
import type { EditorCustom, EditorField } from '@shared/api/client';

/** What is kept; null: not what the field takes. '' takes it away. */
export function ownRead(field: EditorField, typed: string): string | null {
  const text = typed.trim();
  if (!text) return '';
  switch (field.type) {
    case 'number':
      return /^-?\d+(?:[.,]\d+)?$/.test(text) ? text.replace(',', '.') : null;
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
    case 'boolean':
      return text === 'true' || text === 'false' ? text : null;
    case 'choice':
      return field.options?.includes(text) ? text : null;
    case 'url':
      return /^https?:\/\/\S+$/.test(text) ? text : null;
    case 'text':
      return text.length <= 2000 ? text : null;
  }
}

export const ownPut = (list: readonly EditorCustom[], name: string, value: string): EditorCustom[] => {
  if (!value) return list.filter((one) => one.name !== name);
  return list.some((one) => one.name === name) ? list.map((one) => (one.name === name ? { name, value } : one)) : [...list, { name, value }];
};
