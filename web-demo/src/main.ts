import { init } from 'vm-customization';

await init();
