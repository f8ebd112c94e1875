/** Bundlers as their users start them, without plug-ins; each answers what it warned of. */
import { join } from 'node:path';
import { rspack } from '@rspack/core';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import { build, createLogger } from 'vite';
import webpack from 'webpack';

export async function withEsbuild(options) {
  const { warnings } = await esbuild.build({ bundle: true, minify: true, logLevel: 'silent', ...options });
  return warnings.map(({ text }) => text);
}

export async function withRollup(input, output) {
  const warnings = [];
  const bundle = await rollup({ input, onwarn: ({ message }) => warnings.push(message) });
  await bundle.write(output);
  await bundle.close();
  return warnings;
}

export async function withVite(root, config) {
  const { customLogger, warnings } = viteLogger();
  // Without `configFile: false` it would look for one above the project.
  await build({
    root,
    configFile: false,
    logLevel: 'silent',
    customLogger,
    ...config,
    build: { emptyOutDir: false, reportCompressedSize: false, ...config.build },
  });
  return warnings;
}

/** A logger that keeps what matters. */
export function viteLogger() {
  const warnings = [];
  const keep = (message) => warnings.push(message);
  const customLogger = createLogger('silent');
  Object.assign(customLogger, { warn: keep, warnOnce: keep, error: keep });
  return { customLogger, warnings };
}

export const withWebpack = (options) => packed(webpack, options);
export const withRspack = (options) => packed(rspack, options);

async function packed(bundler, { context, entry, output, ...options }) {
  const compiler = bundler({
    mode: 'production',
    context,
    entry: join(context, entry),
    output: { path: context, ...output },
    // The core is larger than what both think good for a script.
    performance: { hints: false },
    ...options,
  });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  await new Promise((resolve) => compiler.close(resolve));
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  return [...errors, ...warnings].map(({ message }) => message);
}
