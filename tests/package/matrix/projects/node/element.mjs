// Pages that are made on a server import it there too: it must do no harm without a DOM.
import { RunModel, VmCustomizationStatusElement } from 'vm-customization/element';

const model = new RunModel();
model.begin('2026-03-01T09:00:00Z', [{ vm: 'vm-1' }]);
console.log(typeof VmCustomizationStatusElement, model.rows.length);
