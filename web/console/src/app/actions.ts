/* actions.ts - what the palette can do besides going somewhere. */
import { useMantineColorScheme } from '@mantine/core';
import { LogOut, Moon, Sun, Upload, type LucideIcon } from 'lucide-react';
import { useNavigate } from 'react-router';
import { useRoles, useSignOut } from '../api/queries';
import { t } from '../messages';
import { filesAsk } from './take';

export interface Action {
  id: string;
  label: string;
  icon: LucideIcon;
  act: () => void;
}

export function useActions(): Action[] {
  const roles = useRoles();
  const signOut = useSignOut();
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const upload = () => void filesAsk().then((to) => to && navigate(to));
  const all: (Action & { role?: 'editor' | 'operator' })[] = [
    { id: 'upload', label: t('ingest.upload'), icon: Upload, act: upload, role: 'editor' },
    { id: 'dark', label: t('scheme.to_dark'), icon: Moon, act: () => setColorScheme('dark') },
    { id: 'light', label: t('scheme.to_light'), icon: Sun, act: () => setColorScheme('light') },
    { id: 'sign-out', label: t('action.sign_out'), icon: LogOut, act: () => signOut.mutate() },
  ];
  return all.filter((action) => !action.role || roles.includes(action.role));
}
