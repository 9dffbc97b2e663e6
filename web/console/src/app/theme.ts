/* theme.ts - Mantine in the console's colours. Contrast is AA in both schemes: what Mantine dims too far is set here. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const amber: MantineColorsTuple = ['#fff6e5', '#ffecc9', '#ffd991', '#ffc766', '#f5b342', '#e09a1f', '#b87909', '#8a5a00', '#6b4600', '#4a3000'];

const dark: MantineColorsTuple = ['#eceef1', '#c3c6cd', '#a7abb5', '#8f949f', '#3c414c', '#2a2d35', '#1b1e24', '#16181d', '#0f1014', '#0b0c0f'];

export const theme = createTheme({
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, monospace",
  colors: { amber, dark },
  primaryColor: 'amber',
  primaryShade: { light: 4, dark: 4 },
  autoContrast: true,
  luminanceThreshold: 0.3,
  defaultRadius: 6,
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: { fontWeight: '620' },
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm', variant: 'default' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm', allowDeselect: false, comboboxProps: { shadow: 'md', transitionProps: { duration: 0 } } } },
    NumberInput: { defaultProps: { size: 'sm' } },
    Modal: { defaultProps: { centered: true, radius: 10, transitionProps: { duration: 120 } } },
    Drawer: { defaultProps: { transitionProps: { duration: 160 } } },
    Menu: { defaultProps: { shadow: 'md', transitionProps: { duration: 0 } } },
    Tooltip: { defaultProps: { openDelay: 350 } },
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#17181c',
    '--mantine-color-dimmed': '#5b5f69',
    '--mantine-color-placeholder': '#6b7079',
    '--mantine-color-error': '#c4271f',
    '--mantine-color-anchor': '#17181c',
    '--mantine-color-default-border': '#d4d5da',
  },
  dark: {
    '--mantine-color-body': '#16181d',
    '--mantine-color-text': '#eceef1',
    '--mantine-color-dimmed': '#a7abb5',
    '--mantine-color-placeholder': '#8f949f',
    '--mantine-color-error': '#ff8f80',
    '--mantine-color-anchor': '#eceef1',
    '--mantine-color-default': '#1d2027',
    '--mantine-color-default-hover': '#262a33',
    '--mantine-color-default-border': '#363b46',
  },
});
