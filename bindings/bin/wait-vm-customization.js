#!/usr/bin/env node
import { existsSync } from 'node:fs';

const cli = new URL('../dist/cli.js', import.meta.url);
if (existsSync(cli)) {
  await import(cli.href);
} else {
  console.error('wait-vm-customization is not built: run `cargo xtask build` in the repository first');
  process.exitCode = 3;
}
