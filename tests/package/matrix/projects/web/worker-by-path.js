import { init, replay } from './node_modules/vm-customization/dist/browser.js';

self.onmessage = async ({ data }) => {
  try {
    await init();
    self.postMessage({ report: replay(data) });
  } catch (error) {
    self.postMessage({ error: `${error.name}: ${error.message}` });
  }
};
