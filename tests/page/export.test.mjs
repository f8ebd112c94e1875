/** The report as CSV: no cell is a formula to a spreadsheet, and names are read in the right encoding. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('../../web-demo/src/ui/export.ts', import.meta.url))],
  bundle: true,
  format: 'esm',
  write: false,
});
const { csvOf } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);

const csv = (name) => csvOf({ vms: [{ vm: 'vm-1', name, customizationStatus: 'VmNotStarted' }] });
const cellOf = (name) => {
  const row = csv(name).slice(csv(name).indexOf('\r\n') + 2);
  return row.slice('vm-1,'.length, row.indexOf(',VmNotStarted'));
};

test('it begins with the mark by which Excel knows UTF-8', () => {
  assert.ok(csv('bücher-1').startsWith('\uFEFFvm,name,'));
});

for (const [name, cell] of [
  ['web-1', 'web-1'],
  ['a=b', 'a=b'],
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  [' =1', "' =1"],
  ['\u00A0\u2003=1', "'\u00A0\u2003=1"],
  ['\n=1', `"'\n=1"`],
  ['\r\n \t@x', `"'\r\n \t@x"`],
  ['\nx', `"'\nx"`],
  ['\tx', "'\tx"],
  ['＝1', "'＝1"],
  ['＋1', "'＋1"],
  ['－1', "'－1"],
  [' ＠x', "' ＠x"],
  ['a;=1', '"a;=1"'],
  ['a"b,c', '"a""b,c"'],
]) {
  test(`a name ${JSON.stringify(name)} is ${JSON.stringify(cell)}`, () => {
    assert.equal(cellOf(name), cell);
  });
}
