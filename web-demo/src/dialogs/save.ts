/** Recording, report and link of what is shown. */
import type { Recording, Report } from 'vm-customization';
import { button, dialog, html, input, onClick, setText } from '../ui/dom.js';
import { csvOf, download } from '../ui/export.js';

/** What there is to save. */
export interface Savable {
  recording(): Recording | undefined;
  report(): Report | undefined;
  /** About the recording: that it is full. */
  readonly recordingNote: string;
  /** The address, and what somebody needs beside it. */
  link(): Promise<{ readonly url: string; readonly note: string }>;
}

export function saveDialog(savable: () => Savable): void {
  const shown = dialog('save-dialog');
  onClick('open-save', () => {
    const current = savable();
    const hasReport = current.report() !== undefined;
    button('save-recording').disabled = current.recording() === undefined;
    button('save-json').disabled = !hasReport;
    button('save-csv').disabled = !hasReport;
    setText(html('recording-note'), current.recordingNote);
    setText(html('link-note'), '');
    input('link').value = '';
    shown.showModal();
    void current.link().then(({ url, note }) => {
      input('link').value = url;
      setText(html('link-note'), note);
    });
  });
  onClick('save-recording', () => {
    const recording = savable().recording();
    if (recording !== undefined) {
      download(`${fileName(recording)}.recording.json`, 'application/json', `${JSON.stringify(recording)}\n`);
    }
  });
  const report = (extension: string, type: string, write: (report: Report) => string): void => {
    const current = savable().report();
    if (current !== undefined) {
      download(`${fileName(savable().recording())}.report.${extension}`, type, write(current));
    }
  };
  onClick('save-json', () => report('json', 'application/json', (current) => `${JSON.stringify(current, null, 2)}\n`));
  onClick('save-csv', () => report('csv', 'text/csv', csvOf));
  onClick('copy-link', () => {
    const link = input('link');
    link.select();
    navigator.clipboard?.writeText(link.value).then(
      () => setText(html('link-note'), 'Copied.'),
      () => setText(html('link-note'), 'The browser does not let the page copy: copy the selected text.'),
    );
  });
}

function fileName(recording: Recording | undefined): string {
  return `customization-${(recording?.startedAt ?? new Date().toISOString()).slice(0, 19).replace(/[-:]/g, '')}`;
}
