/** The Client around the plug-in: answers what the script in the iframe asks. Tests use `client`. */
const frame = document.querySelector('iframe');
const state = await (await fetch('/ui/state')).json();

addEventListener('message', async ({ source, origin, data: { id, what } }) => {
  if (source !== frame.contentWindow || origin !== location.origin) return;
  const answer = what === 'session' ? await (await fetch('/ui/session')).json() : state;
  source.postMessage({ id, answer }, origin);
});

window.client = {
  setTheme(theme) {
    state.theme = theme;
    frame.contentWindow.postMessage({ theme }, location.origin);
  },
  /** Another place of the Client: the view of the plug-in goes. */
  leave: () => frame.remove(),
};
frame.src = state.view;
