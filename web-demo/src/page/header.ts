/** The menus of the header, and what is chosen there for this browser. */
import type { VmCustomizationStatusElement } from 'vm-customization/element';
import { input } from '../ui/dom.js';
import { remember, remembered } from '../ui/remembered.js';

const ANNOUNCE = 'announce';

/** A menu closes when something in it is pressed, when something else is, and by Escape. */
export function setUpMenus(): void {
  const menus = document.querySelectorAll<HTMLDetailsElement>('details.menu');
  const close = (isKept: (menu: HTMLDetailsElement) => boolean): void => {
    for (const menu of menus) {
      menu.open &&= isKept(menu);
    }
  };
  addEventListener('click', ({ target }) =>
    close((menu) => target instanceof Element && menu.contains(target) && target.closest('button') === null),
  );
  addEventListener('keydown', (event) => {
    const open = [...menus].find((menu) => menu.open);
    if (event.key === 'Escape' && open !== undefined) {
      event.preventDefault();
      open.open = false;
      open.querySelector('summary')?.focus();
    }
  });
}

/** Whether screen readers are told of changes. */
export function setUpAnnounce(view: VmCustomizationStatusElement): void {
  const choice = input('announce');
  const apply = (): void => {
    view.announce = choice.checked ? 'polite' : 'off';
  };
  choice.checked = remembered(ANNOUNCE) !== 'off';
  apply();
  choice.addEventListener('change', () => {
    apply();
    remember(ANNOUNCE, view.announce);
  });
}
