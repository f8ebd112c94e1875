import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import 'vm-customization/element/react';
import type { Report } from 'vm-customization';

const retry = (vm: string) => fetch(`/retry?vm=${vm}`, { method: 'POST' });

function Vms() {
  const [report, setReport] = useState<Report | null>(null);
  const [selected, setSelected] = useState('');
  useEffect(() => {
    const read = async () => setReport(await (await fetch('/report.json')).json());
    void read();
    const reading = setInterval(read, 5_000);
    return () => clearInterval(reading);
  }, []);
  return (
    <vm-customization-status
      report={report}
      columns="status reason actions"
      onviewchange={({ detail }) => setSelected(detail.selected)}
    >
      {report?.vms
        .filter(({ customizationStatus }) => customizationStatus === 'CustomizationFailed')
        .map(({ vm }) => (
          <button key={vm} type="button" slot={`actions-${vm}`} onClick={() => retry(vm)}>
            Retry
          </button>
        ))}
      <a slot="details" href={`/inventory/${selected}`}>
        Show in the inventory
      </a>
    </vm-customization-status>
  );
}

createRoot(document.getElementById('app') as HTMLElement).render(<Vms />);
