import { init, replay } from './node_modules/vm-customization/dist/external.js';
import { tell } from './tell.js';

tell(async (recording) => {
  await init(new URL('./node_modules/vm-customization/dist/core.wasm', import.meta.url));
  return replay(recording);
});
