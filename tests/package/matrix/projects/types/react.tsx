import type { Report } from 'vm-customization';
import 'vm-customization/element/react';
import { useRef } from 'react';

export function Vms({ report }: { report: Report }) {
  const view = useRef<HTMLElementTagNameMap['vm-customization-status']>(null);
  return (
    <>
      <vm-customization-status ref={view} className="vms" report={report} status="CustomizationFailed" details />
      <vm-customization-status
        announce="off"
        cursor={null}
        report={undefined}
        columns={undefined}
        onviewchange={({ detail }) => detail.sort satisfies string}
        ontransition={({ detail }) => detail.to satisfies string}
      >
        <button type="button" slot="empty">
          Add
        </button>
      </vm-customization-status>
      {/* @ts-expect-error there are five */}
      <vm-customization-status status="Done" />
      {/* @ts-expect-error it is a report, not its text */}
      <vm-customization-status report="{}" />
    </>
  );
}
