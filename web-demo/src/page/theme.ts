/** Light, dark, or as the system has it. Remembered in this browser. */
import { select } from '../ui/dom.js';
import { remember, remembered } from '../ui/remembered.js';

const THEME = 'theme';

/**
 * @param onChange - the user has chosen
 * @returns sets that of a link, which counts before what was remembered
 */
export function setUpTheme(onChange: () => void): (given: string) => void {
  const choice = select('theme');
  const set = (theme: string): void => {
    const known = theme === 'light' || theme === 'dark' ? theme : '';
    choice.value = known;
    document.documentElement.dataset.theme = known;
  };
  choice.addEventListener('change', () => {
    set(choice.value);
    remember(THEME, choice.value);
    onChange();
  });
  return (given) => set(given || remembered(THEME));
}
