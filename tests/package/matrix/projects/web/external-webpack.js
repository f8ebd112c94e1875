import { init, replay } from 'vm-customization/external';
import { tell } from './tell.js';

tell(async (recording) => {
  await init(new URL('vm-customization/core.wasm', import.meta.url));
  return replay(recording);
});
