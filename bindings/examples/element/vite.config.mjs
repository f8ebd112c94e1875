import vue from '@vitejs/plugin-vue';

// React needs nothing; Vue has to know that the tag is no component of its own.
const isCustomElement = (tag) => tag === 'vm-customization-status';

export default { plugins: [vue({ template: { compilerOptions: { isCustomElement } } })] };
