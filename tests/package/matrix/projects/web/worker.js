import { init, replay } from 'vm-customization';

self.onmessage = async ({ data }) => {
  try {
    await init();
    self.postMessage({ report: replay(data) });
  } catch (error) {
    self.postMessage({ error: `${error.name}: ${error.message}` });
  }
};
