/* Choice.tsx - a native select in our clothes: it opens as the device's own list, which every remote and thumb knows. */
import { ChevronDown } from 'lucide-react';
import css from './choice.module.css';

type Props = { label: string; value: string; options: { value: string; label: string; lang?: string }[]; onChoose: (value: string) => void; quiet?: boolean; testid: string };

export function Choice({ label, value, options, onChoose, quiet, testid }: Props) {
  return (
    <label className={quiet ? `${css.choice} ${css.quiet}` : css.choice}>
      <span className={quiet ? 'hidden-text' : undefined}>{label}</span>
      <span className={css.box}>
        <select value={value} onChange={(event) => onChoose(event.target.value)} data-testid={testid}>
          {options.map((option) => (
            <option key={option.value} value={option.value} lang={option.lang}>
              {option.label}
            </option>
          ))}
        </select>
        <ChevronDown aria-hidden />
      </span>
    </label>
  );
}
