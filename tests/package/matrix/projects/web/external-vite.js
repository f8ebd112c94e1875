import core from 'vm-customization/core.wasm?url';
import { init, replay } from 'vm-customization/external';
import { tell } from './tell.js';

tell(async (recording) => {
  await init(core);
  return replay(recording);
});
