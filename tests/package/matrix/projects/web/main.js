import { init, replay } from 'vm-customization';
import { tell } from './tell.js';

tell(async (recording) => {
  await init();
  return replay(recording);
});
