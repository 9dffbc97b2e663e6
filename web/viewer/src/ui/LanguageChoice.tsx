/* LanguageChoice.tsx - the language of the screens. The page loads anew: words are read once, everywhere. */
import { languageChosen, languageNow, languageSet, languages, t } from '../messages';
import { Choice } from './Choice';

export function LanguageChoice({ quiet }: { quiet?: boolean }) {
  const named = languages.map(({ tag, name }) => ({ value: tag, label: name, lang: tag }));
  const options = quiet ? named : [{ value: '', label: t('account.language_auto') }, ...named];
  return (
    <Choice
      label={t('account.language')}
      value={quiet ? languageNow() : (languageChosen() ?? '')}
      options={options}
      quiet={quiet}
      testid="language"
      onChoose={(tag) => {
        languageSet(tag || null);
        location.reload();
      }}
    />
  );
}
