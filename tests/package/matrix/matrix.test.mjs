/** The packed package in every place that it is for. One file, so that it is packed and Chromium started only once. */
import './cases/tarball.mjs';
import './cases/contents.mjs';
import './cases/types.mjs';
import './cases/runtimes.mjs';
import './cases/pages.mjs';
import './cases/bundlers-browser.mjs';
import './cases/bundlers-node.mjs';
import './cases/frameworks.mjs';
