/** Recording, report and link of what is shown. */
import type { Recording, Report } from 'vm-customization';
import { copyText } from 'vm-customization/element';
import { button, dialog, html, input, setText } from '../ui/dom.js';
import { csvOf, download } from '../ui/export.js';
import { addMarkup } from '../ui/trusted.js';
import markup from './save.html?raw';
import './dialogs.css';

addMarkup(markup);

/** What there is to save. */
export interface Savable {
  readonly hasRecording: boolean;
  recording(): Recording | undefined;
  report(): Report | undefined;
  /** About the recording: that it is full. */
  readonly recordingNote: string;
  /** The address, and what somebody needs beside it. */
  link(): Promise<{ readonly url: string; readonly note: string }>;
}

export function showSave(savable: Savable): void {
  const shown = dialog('save-dialog');
  const act = (id: string, click: () => void): void => {
    button(id).onclick = click;
  };
  const hasReport = savable.report() !== undefined;
  button('save-recording').disabled = !savable.hasRecording;
  button('save-json').disabled = !hasReport;
  button('save-csv').disabled = !hasReport;
  setText(html('recording-note'), savable.recordingNote);
  setText(html('link-note'), '');
  input('link').value = '';
  shown.showModal();
  void savable.link().then(({ url, note }) => {
    input('link').value = url;
    setText(html('link-note'), note);
  });
  act('save-recording', () => {
    const recording = savable.recording();
    if (recording !== undefined) {
      download(`${fileName(recording)}.recording.json`, 'application/json', `${JSON.stringify(recording)}\n`);
    }
  });
  const report = (extension: string, type: string, write: (report: Report) => string): void => {
    const current = savable.report();
    if (current !== undefined) {
      download(`${fileName(savable.recording())}.report.${extension}`, type, write(current));
    }
  };
  act('save-json', () => report('json', 'application/json', (current) => `${JSON.stringify(current, null, 2)}\n`));
  act('save-csv', () => report('csv', 'text/csv', csvOf));
  act('copy-link', () => {
    input('link').select();
    void copyText(input('link').value, button('copy-link')).then((isCopied) =>
      setText(
        html('link-note'),
        isCopied ? 'Copied.' : 'The browser does not let the page copy: copy the selected text.',
      ),
    );
  });
}

function fileName(recording: Recording | undefined): string {
  return `customization-${(recording?.startedAt ?? new Date().toISOString()).slice(0, 19).replace(/[-:]/g, '')}`;
}
