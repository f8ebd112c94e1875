/** Recording, report and link of what is shown. */
import type { Report } from 'vm-customization';
import { copyText } from '../../../bindings/src/element/copy.js';
import { button, dialog, html, input, messageOf, setText } from '../ui/dom.js';
import { csvOf, download } from '../ui/export.js';
import { fail } from '../ui/notice.js';
import { addMarkup } from '../ui/trusted.js';
import markup from './save.html?raw';
import './dialogs.css';

addMarkup(markup);

/** What there is to save. */
export interface Savable {
  readonly hasRecording: boolean;
  readonly hasReport: boolean;
  /** Server time; null where the run has not begun. */
  readonly startedAt: string | null;
  /** As JSON text. */
  recording(): Promise<Blob | undefined>;
  report(): Promise<Report | undefined>;
  /** About the recording: that it is full. */
  readonly recordingNote: string;
  /** The address, and what somebody needs beside it. */
  link(): Promise<{ readonly url: string; readonly note: string }>;
}

export function showSave(savable: Savable): void {
  const shown = dialog('save-dialog');
  const act = (id: string, click: () => Promise<void>): void => {
    button(id).onclick = () => {
      click().catch((error: unknown) => fail(messageOf(error)));
    };
  };
  const name = `customization-${(savable.startedAt ?? new Date().toISOString()).slice(0, 19).replace(/[-:]/g, '')}`;
  button('save-recording').disabled = !savable.hasRecording;
  button('save-json').disabled = !savable.hasReport;
  button('save-csv').disabled = !savable.hasReport;
  setText(html('recording-note'), savable.recordingNote);
  setText(html('link-note'), '');
  input('link').value = '';
  shown.showModal();
  void savable.link().then(({ url, note }) => {
    input('link').value = url;
    setText(html('link-note'), note);
  });
  act('save-recording', async () => {
    const recording = await savable.recording();
    if (recording !== undefined) {
      download(`${name}.recording.json`, 'application/json', recording, '\n');
    }
  });
  const report = async (extension: string, type: string, write: (report: Report) => string): Promise<void> => {
    const current = await savable.report();
    if (current !== undefined) {
      download(`${name}.report.${extension}`, type, write(current));
    }
  };
  act('save-json', () => report('json', 'application/json', (current) => `${JSON.stringify(current, null, 2)}\n`));
  act('save-csv', () => report('csv', 'text/csv', csvOf));
  act('copy-link', async () => {
    input('link').select();
    const isCopied = await copyText(input('link').value, button('copy-link'));
    setText(
      html('link-note'),
      isCopied ? 'Copied.' : 'The browser does not let the page copy: copy the selected text.',
    );
  });
}
