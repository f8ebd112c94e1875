/** A module of the page's sources, for tests of its functions. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** @param {string} path below `web-demo/src` */
export async function sourceModule(path) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../../../web-demo/src/${path}`, import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['browser', 'import'],
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
}
