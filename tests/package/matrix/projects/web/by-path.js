import { init, replay } from './node_modules/vm-customization/dist/browser.js';
import { tell } from './tell.js';

tell(async (recording) => {
  await init();
  return replay(recording);
});
