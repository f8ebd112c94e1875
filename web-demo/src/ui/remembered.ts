/** Choices that this browser keeps. */

const KEY = 'vm-customization';

export function remember(what: string, value: string): void {
  try {
    localStorage.setItem(`${KEY}/${what}`, value);
  } catch {
    // A browser that keeps nothing does it all the same, until the page is left.
  }
}

/** Empty where nothing was chosen. */
export function remembered(what: string): string {
  try {
    return localStorage.getItem(`${KEY}/${what}`) ?? '';
  } catch {
    return '';
  }
}
