/** Light, dark, or as the system has it. Remembered in this browser. */
import { select } from './dom.js';

const KEY = 'vm-customization/theme';

/** @param given - of a link; it counts before what was remembered. @param onChange - the user has chosen */
export function setUpTheme(given: string, onChange: () => void): void {
  const choice = select('theme');
  const set = (theme: string): void => {
    const known = theme === 'light' || theme === 'dark' ? theme : '';
    choice.value = known;
    document.documentElement.dataset.theme = known;
  };
  set(given || remembered());
  choice.addEventListener('change', () => {
    set(choice.value);
    try {
      localStorage.setItem(KEY, choice.value);
    } catch {
      // A browser that keeps nothing shows it all the same.
    }
    onChange();
  });
}

function remembered(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}
