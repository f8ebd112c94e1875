import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { getRequestListener } from '@hono/node-server';
import { type Connect, defineConfig, type HtmlTagDescriptor, type Plugin } from 'vite';
import { nodeTransport } from 'vm-customization';
import { PAGE_POLICY, policyText } from '../bindings/server/policy.js';
import { vcenterProxy } from '../bindings/server/vcenter-proxy.js';

const at = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/**
 * In the built page only: Vite's dev server needs scripts and styles of its own. The view in the vSphere Client has its
 * policy from its back end, since it loads a script of the Client.
 */
function policy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: (_, { path }) =>
      path.endsWith('/index.html')
        ? [
            {
              tag: 'meta',
              attrs: { 'http-equiv': 'Content-Security-Policy', content: policyText(PAGE_POLICY) },
              injectTo: 'head-prepend',
            },
          ]
        : [],
  };
}

/**
 * The core as a file of its own in place of the text inside the package's entry: it is smaller, and comes beside the
 * script. The package's modules one by one, so that what only a log-in needs comes with it. What the element would load of that entry when it is to watch is in each page anyhow.
 */
function coreBeside(): Plugin {
  return {
    name: 'core-beside',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      if (source !== 'vm-customization' && source !== './browser.js') {
        return undefined;
      }
      const found = await this.resolve(source, importer, { ...options, skipSelf: true });
      return found && { ...found, id: found.id.replace(/\/dist\/browser\.js$/, '/src/entries/external.ts') };
    },
    transform: (code, id) =>
      id.endsWith('/dist/element.js')
        ? `import * as entry from './browser.js';${code.replaceAll('await import("./browser.js")', 'entry')}`
        : undefined,
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle = {} }) =>
        Object.keys(bundle)
          .filter((file) => file.endsWith('.wasm'))
          .map((file) => ({
            tag: 'link',
            attrs: { rel: 'preload', as: 'fetch', crossorigin: true, href: `./${file}` },
            injectTo: 'head',
          })),
    },
  };
}

/** Indentation of the markup is nothing to send. */
function compactMarkup(): Plugin {
  return {
    name: 'compact-markup',
    apply: 'build',
    transformIndexHtml: { order: 'post', handler: (markup) => markup.replace(/\s*\n\s*/g, '\n') },
  };
}

/** Puts the page where the command that serves it has it from: in the package. */
function packagedPage(): Plugin {
  const packaged = at('../bindings/page');
  return {
    name: 'packaged-page',
    apply: 'build',
    writeBundle: ({ dir = '' }, bundle) => {
      rmSync(packaged, { recursive: true, force: true });
      for (const file of ['favicon.svg', ...Object.keys(bundle)].filter((name) => !name.startsWith('.vite/'))) {
        cpSync(join(dir, file), join(packaged, file));
      }
    },
  };
}

/**
 * Hands `/sdk` and `/api` of the page's own requests on to a vCenter, which answers no request of another origin.
 *
 * `VCENTER_URL`: such as `https://vc.example.com`; `VCENTER_CA_FILE`: who has signed its certificate (PEM);
 * `VCENTER_INSECURE=1`: any certificate, so that anyone in between can read the password.
 */
function proxy(): Plugin {
  const { VCENTER_URL, VCENTER_CA_FILE, VCENTER_INSECURE } = process.env;
  const use = ({ middlewares }: { readonly middlewares: Connect.Server }): void => {
    if (VCENTER_URL === undefined || VCENTER_URL === '') {
      return;
    }
    const url = vcenterUrl(VCENTER_URL);
    const transport = nodeTransport(url, {
      insecure: VCENTER_INSECURE === '1',
      ...(VCENTER_CA_FILE ? { ca: readFileSync(VCENTER_CA_FILE, 'utf8') } : {}),
    });
    const listener = getRequestListener(vcenterProxy(transport).fetch);
    middlewares.use((request, response, next) =>
      /^\/(sdk|api)(\/|\?|$)/.test(request.url ?? '') ? listener(request, response) : next(),
    );
  };
  /** As every server of the page says which vCenter is behind it. */
  const transformIndexHtml = (): HtmlTagDescriptor[] =>
    VCENTER_URL === undefined || VCENTER_URL === ''
      ? []
      : [
          {
            tag: 'meta',
            attrs: { name: 'vm-customization', content: 'vcenter', 'data-host': vcenterUrl(VCENTER_URL).hostname },
          },
        ];
  return {
    name: 'vcenter-proxy',
    apply: 'serve',
    configureServer: use,
    configurePreviewServer: use,
    transformIndexHtml,
  };
}

function vcenterUrl(text: string): URL {
  return new URL(text.includes('://') ? text : `https://${text}`);
}

// A build for each page, `vite build --mode plugin` being the second: what both need is in each, so that each loads one
// script, with nothing in it that is for the other alone.
export default defineConfig(({ mode }) => ({
  // Relative, so that the built page works at any path of any server.
  base: './',
  // What is not there is not found, rather than the page again: a vCenter that is not set up must not look like one.
  appType: 'mpa',
  plugins: [proxy(), policy(), coreBeside(), compactMarkup(), ...(mode === 'plugin' ? [] : [packagedPage()])],
  // It needs the package's entry without a core inside, too.
  worker: { format: 'es', plugins: () => [coreBeside()] },
  preview: { headers: { 'Content-Security-Policy': policyText({ ...PAGE_POLICY, frameAncestors: ["'none'"] }) } },
  build: {
    target: 'es2022',
    // Nothing of it is worth a data: URL.
    assetsInlineLimit: 0,
    // Every browser that runs the core knows modules, and what is loaded later is one file.
    modulePreload: false,
    emptyOutDir: mode !== 'plugin',
    // For the notices of what ships the page.
    license: { fileName: `.vite/${mode}.third-party.json` },
    rollupOptions: { input: at(mode === 'plugin' ? 'plugin.html' : 'index.html') },
  },
}));
