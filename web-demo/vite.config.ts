import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const at = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export default defineConfig({
  // Relative, so that the built page works at any path of any server.
  base: './',
  build: {
    target: 'es2022',
    // A base64 text of the core is in the page anyway; nothing else of it is worth a data: URL.
    assetsInlineLimit: 0,
    rollupOptions: { input: [at('index.html'), at('plugin.html')] },
  },
});
