/** What there is to choose from while nothing is chosen. It comes when it is needed first. */
import { copyText } from '../../../bindings/src/element/copy.js';
import { button, html, onClick, setText } from '../ui/dom.js';
import { addMarkup } from '../ui/trusted.js';
import markup from './start.html?raw';
import './start.css';

interface Choices {
  vcenter(): void;
  file(): void;
  demo(): void;
}

let isThere = false;

/** Puts the choice on the page. @param host - the vCenter behind its server; empty where that is not known */
export function addStart({ vcenter, file, demo }: Choices, host: string): void {
  if (isThere) {
    return;
  }
  isThere = true;
  addMarkup(markup, html('main'));
  onClick('start-vcenter', vcenter);
  onClick('start-file', file);
  onClick('start-demo', demo);
  onClick('copy-govc', async () => {
    const isCopied = await copyText(html('govc').textContent ?? '', button('copy-govc'));
    setText(button('copy-govc'), isCopied ? 'Copied' : 'Not allowed');
  });
  if (host !== '') {
    setText(html('start-host'), host);
  }
}
