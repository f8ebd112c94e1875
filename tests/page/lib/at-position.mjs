/** Waits until what is shown has come to the position of time travel. */
export const atPosition = (page) => page.locator('#player:not([data-behind])').waitFor({ state: 'attached' });
