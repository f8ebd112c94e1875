import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { updatesHead } = await internal('vsphere/soap/updates');

const answer = (inner, { prefix = '', attributes = ' xmlns="urn:vim25"' } = {}) =>
  Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">\n<soapenv:Body>\n' +
      `<${prefix}WaitForUpdatesExResponse${attributes}>${inner}</${prefix}WaitForUpdatesExResponse>\n</soapenv:Body>\n</soapenv:Envelope>\n`,
  );
// What it says of itself must not be taken for the head's.
const EVENTS = `<filterSet><filter type="PropertyFilter">f</filter><objectSet><changeSet><val>${'<Event><version>9</version><truncated>true</truncated></Event>'.repeat(100)}</val></changeSet></objectSet></filterSet>`;

describe('the head of an answer to a long poll', () => {
  test('is its version, and whether there is more', () => {
    assert.deepEqual(updatesHead(answer(`<returnval><version>17</version>${EVENTS}</returnval>`)), {
      version: '17',
      truncated: false,
    });
    for (const [text, truncated] of [
      ['true', true],
      ['1', true],
      ['false', false],
    ]) {
      const inner = `<returnval><version>-</version>${EVENTS}<truncated>${text}</truncated></returnval>`;
      assert.deepEqual(updatesHead(answer(inner)), { version: '-', truncated });
    }
  });

  test('is found under any prefix, with white space and attributes', () => {
    const events = EVENTS.replaceAll('<', '<v:').replaceAll('<v:/', '</v:');
    const inner = `\n <v:returnval xsi:type="v:UpdateSet">\n <v:version>17</v:version>${events}\n<v:truncated>true</v:truncated>\n</v:returnval>\n`;
    assert.deepEqual(updatesHead(answer(inner, { prefix: 'v:', attributes: ' xmlns:v="urn:vim25"' })), {
      version: '17',
      truncated: true,
    });
  });

  test('is not guessed at: such answers are read as a whole', () => {
    for (const body of [
      answer(''),
      answer(`<returnval>${EVENTS}<version>17</version></returnval>`),
      answer(`<returnval><version>a&amp;b</version>${EVENTS}</returnval>`),
      answer(`<returnval><version>17</version>${EVENTS}<more>1</more></returnval>`),
      answer(`<returnval><version>17</version>${EVENTS}<!-- </filterSet> --></returnval>`),
      answer(`<returnval><version>17</version>${EVENTS}</returnval>`).subarray(0, 4000),
      Buffer.from('<html></html>'),
      Buffer.alloc(0),
    ]) {
      assert.equal(updatesHead(body), undefined, body.toString().slice(0, 300));
    }
  });
});
