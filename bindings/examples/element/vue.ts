import { createApp } from 'vue';
import Vms from './Vms.vue';

createApp(Vms).mount('#app');
