/**
 * Stands in for the script that the vSphere Client serves to remote plug-ins, as its documentation has it: nothing but
 * `initialize` before its callback, the session by a callback, the rest at once. It speaks to the Client by messages.
 */
(() => {
  const waiting = new Map();
  const themeListeners = [];
  let state;

  addEventListener('message', ({ source, origin, data }) => {
    if (source !== parent || origin !== location.origin) return;
    if (data.theme !== undefined) {
      state.theme = data.theme;
      for (const listener of themeListeners) listener({ name: data.theme });
    } else {
      waiting.get(data.id)?.(data.answer);
      waiting.delete(data.id);
    }
  });

  const ask = (what, then) => {
    const id = crypto.randomUUID();
    waiting.set(id, then);
    parent.postMessage({ id, what }, location.origin);
  };
  const initialized = () => {
    if (state === undefined) throw new Error('htmlClientSdk: call initialize first');
    return state;
  };

  const app = {
    getContextObjects: () => structuredClone(initialized().context),
    getSessionInfo(callback) {
      initialized();
      ask('session', callback);
    },
    getApiEndpoints: () => ({ uiApiEndpoint: { fullUrl: initialized().endpoint } }),
    getClientInfo: () => ({ type: 'HTML', version: initialized().version }),
    getTheme: () => ({ name: initialized().theme }),
  };
  const event = {
    onThemeChanged(callback) {
      initialized();
      themeListeners.push(callback);
    },
  };
  window.htmlClientSdk = {
    isInitialized: () => state !== undefined,
    initialize(callback) {
      ask('initialize', (answer) => {
        state = answer;
        if (state.old) {
          delete app.getTheme;
          delete event.onThemeChanged;
        }
        callback();
      });
    },
    app,
    event,
  };
})();
