/** Recording, report and link of what is shown. */
import type { Report } from 'vm-customization';
import { copyText } from '../../../bindings/src/element/copy.js';
import { button, dialog, html, input, messageOf, setText } from '../ui/dom.js';
import { download, type ReportFormat, reportFile } from '../ui/export.js';
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
  /** A file where it is written already. */
  report(format: ReportFormat): Promise<Blob | Report | undefined>;
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
      download(`${name}.recording.json`, new Blob([recording, '\n'], { type: 'application/json' }));
    }
  });
  const saveReport = async (format: ReportFormat): Promise<void> => {
    const report = await savable.report(format);
    if (report !== undefined) {
      download(`${name}.report.${format}`, report instanceof Blob ? report : reportFile(report, format));
    }
  };
  act('save-json', () => saveReport('json'));
  act('save-csv', () => saveReport('csv'));
  act('copy-link', async () => {
    input('link').select();
    const isCopied = await copyText(input('link').value, button('copy-link'));
    setText(
      html('link-note'),
      isCopied ? 'Copied.' : 'The browser does not let the page copy: copy the selected text.',
    );
  });
}
