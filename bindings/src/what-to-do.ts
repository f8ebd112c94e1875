/**
 * What to do about a VM that failed or gets no further, as far as the failure's type, its reason or the hint tells it.
 *
 * That a specification is used up by the first power-on, also by one that fails, is told by the collections of Ansible
 * (vmware.vmware, vmware.vmware_rest #472). The other facts have their source beside them, which is what `source` names.
 */
import { OptionsError } from './errors.js';
import { type About, troubleOf } from './headlines.js';
import type { Report, VmRow, WhatToDo } from './types.js';

type Advice = Omit<WhatToDo, 'about' | 'headline'>;

const API = 'https://developer.broadcom.com/xapis/virtual-infrastructure-json-api/latest/data-structures';
const OPEN_VM_TOOLS = 'https://github.com/vmware/open-vm-tools/tree/master/open-vm-tools';
const CLOUD_INIT = 'https://docs.cloud-init.io/en/latest/reference/datasources/vmware.html';
const BEHAVIOUR = 'docs/behaviour.md, D18';

// linuxDeployment.c of open-vm-tools (CABCOMMANDLOG), and where VMware Tools of Windows write.
const LINUX_LOG = '/var/log/vmware-imc/toolsDeployPkg.log';
const WINDOWS_LOG = 'C:\\Windows\\Temp\\vmware-imc\\guestcust.log';
const LOGS = `Linux: ${LINUX_LOG}; Windows: ${WINDOWS_LOG}`;
const CLOUD_INIT_LOGS = `${LINUX_LOG}; /var/log/cloud-init.log`;

const AGAIN = 'Then deploy the VM anew: the first power-on has used its specification up, though it failed.';
const READ_LOG = 'Look for the first error in the log of the guest.';
const PERL = 'Linux without cloud-init: install perl in the template, which the customization runs on.';

/** By what it is about. */
const ADVICE: Readonly<Record<About, Advice>> = {
  // Types of events.
  CustomizationFailed: {
    cause: 'The guest gave up, and did not say at which step.',
    steps: [READ_LOG, PERL, AGAIN],
    logPath: LOGS,
    source: `${API}/CustomizationFailed/`,
  },
  CustomizationLinuxIdentityFailed: {
    cause: 'The guest could not set the host name, the domain or the time zone of the specification.',
    steps: [
      READ_LOG,
      'Check these three in the specification, and that the release of Linux is one that the vCenter customizes.',
      AGAIN,
    ],
    logPath: LINUX_LOG,
    source: `${API}/CustomizationLinuxIdentityFailed/`,
  },
  CustomizationNetworkSetupFailed: {
    // linuxDeployment.c sends it for CUST_NETWORK_ERROR, CUST_NIC_ERROR and CUST_DNS_ERROR.
    cause: 'The guest could not apply the network, adapter or DNS settings of the specification.',
    steps: [
      'Compare the adapters of the VM with those of the specification, one by one, and its addresses, gateways and DNS servers.',
      READ_LOG,
      AGAIN,
    ],
    logPath: LOGS,
    source: `${API}/CustomizationNetworkSetupFailed/`,
  },
  CustomizationSysprepFailed: {
    // The API says that another version is most likely; the folders of the log are Microsoft's.
    cause:
      'Sysprep did not run in Windows: it is of another version than Windows, or refuses something in the template.',
    steps: [
      'Look for the first error in the log of Sysprep, and compare sysprepVersion with systemVersion.',
      'Mend it in the template: Sysprep refuses, for one, Store apps that are installed for a single user.',
      AGAIN,
    ],
    logPath: `C:\\Windows\\System32\\Sysprep\\Panther\\setupact.log; C:\\Windows\\Panther\\UnattendGC\\setupact.log; ${WINDOWS_LOG}`,
    source: 'https://learn.microsoft.com/windows-hardware/manufacture/desktop/sysprep-process-overview',
  },
  CustomizationUnknownFailure: {
    cause: 'The guest broke off, and vCenter has no name for the reason.',
    steps: [READ_LOG, 'See whether the VM was moved, reset or switched off meanwhile.', AGAIN],
    logPath: LOGS,
    source: `${API}/CustomizationUnknownFailure/`,
  },
  TOOLSDEPLOYPKG_FAILED: {
    cause: 'The guest says that its customization failed; vCenter has no event of it.',
    steps: ['Read the message in the row.', READ_LOG, AGAIN],
    logPath: LOGS,
    source: `${API}/GuestInfoCustomizationInfo/`,
  },

  // `CustomizationFailed.reason`: the values of CustomizationFailedReasonCode, vSphere 7.0 to 9.1.
  userDefinedScriptDisabled: {
    cause:
      'The specification holds a script, and VMware Tools in the guest do not run scripts unless they are told to.',
    steps: [
      'In the template: `vmware-toolbox-cmd config set deployPkg enable-custom-scripts true`.',
      'Or take the script out of the specification.',
      AGAIN,
    ],
    logPath: CLOUD_INIT_LOGS,
    source: `${OPEN_VM_TOOLS}/libDeployPkg`,
  },
  customizationDisabled: {
    // CONFNAME_DEPLOYPKG_ENABLE_CUST of conf.h.
    cause: 'VMware Tools in the guest are configured to refuse customization.',
    steps: ['In the template: `vmware-toolbox-cmd config set deployPkg enable-customization true`.', AGAIN],
    logPath: LOGS,
    source: `${OPEN_VM_TOOLS}/lib/include`,
  },
  rawDataIsNotSupported: {
    // CLOUDINIT_SUPPORT_RAW_DATA_MAJOR_VERSION and …_MINOR_VERSION of linuxDeployment.c.
    cause: 'The specification holds cloud-init metadata, which takes cloud-init 21.1 or later in the guest.',
    steps: ['Update cloud-init in the template.', 'Or use a specification of the traditional kind.', AGAIN],
    logPath: CLOUD_INIT_LOGS,
    source: `${OPEN_VM_TOOLS}/libDeployPkg`,
  },
  wrongMetadataFormat: {
    cause: 'cloud-init could not read the metadata of the specification as YAML or JSON.',
    steps: ['Check the metadata of the specification with a YAML parser, its indentation first.', AGAIN],
    logPath: '/var/log/cloud-init.log',
    source: `${API}/CustomizationCloudinitPrep/`,
  },

  // Hints.
  notRead: {
    cause: 'No read of the events came to its end, so nothing is known of the guest.',
    steps: ['See that the vCenter can be reached, and its session is not ended by others.', 'Then wait again.'],
    source: BEHAVIOUR,
  },
  poweredOff: {
    cause: 'It was powered on, and its power-on failed, or somebody switched it off.',
    steps: ['Look among the tasks and events of the VM for why it is off.', 'Power it on again.'],
    source: BEHAVIOUR,
  },
  poweredOnEarlier: {
    cause: 'It runs, and what its customization came to may lie further back.',
    steps: [
      'Wait again, and look further back: --lookback or --since of the command, lookbackSeconds or since of the package.',
    ],
    source: 'docs/behaviour.md, D1',
  },
  neverPoweredOn: {
    cause: 'Customization begins with the first power-on after the specification was applied, and none was seen.',
    steps: ['Power it on, and wait again; with --wait-for-power-on the wait may begin before the power-on.'],
    source: BEHAVIOUR,
  },
  nothingPending: {
    cause: 'The VM was powered on, and vCenter holds no specification for it: none was applied, or it was used up.',
    steps: ['Clone the VM with a specification, or apply one while it is off, then power it on.'],
    source: `${API}/ToolsConfigInfo/`,
  },
  pendingNotStarted: {
    cause: 'A specification waits: VMware Tools are missing, old or not running, or it came after the power-on.',
    steps: [
      'See that VMware Tools or open-vm-tools is installed and runs in the guest, and that Linux has perl or cloud-init.',
      'If it was applied while the VM ran, power the VM off and on.',
    ],
    logPath: LOGS,
    source: `${API}/ToolsConfigInfo/`,
  },
  notStarted: {
    cause: 'The VM was powered on; whether a specification waits for it could not be read.',
    steps: [
      'See whether a specification was applied before the power-on.',
      'See that VMware Tools or open-vm-tools is installed and runs in the guest.',
    ],
    logPath: LOGS,
    source: BEHAVIOUR,
  },
  startedNoResult: {
    cause: 'Customization started, and then nothing was heard: it is at work still, hangs, or lost its host.',
    steps: [
      'Windows or slow storage: give it 30 minutes or more (--timeout).',
      'Look for the last lines in the log of the guest.',
      'Linux with cloud-init: see in its log whether its VMware data source took the specification.',
    ],
    logPath: `${LOGS}; /var/log/cloud-init.log`,
    source: CLOUD_INIT,
  },
  notReady: {
    cause: 'Customization succeeded; the guest still boots, or VMware Tools do not run as it was waited for.',
    steps: [
      'Look at the console of the VM for what it does.',
      'See that VMware Tools run, and guest operations are not disabled.',
    ],
    source: 'docs/behaviour.md, D19',
  },
  notFound: {
    cause: 'Until the time was up no VM had the name, or fitted the pattern, that the account may see.',
    steps: [
      'See whether what makes the VM has failed, or gives it another name.',
      'Then wait again, longer: --timeout.',
    ],
    source: 'docs/formats.md, Report',
  },
};

/**
 * What to do about a VM: by the reason of its failure, else the failure's type, else its hint.
 *
 * ```ts
 * for (const row of report.vms) console.log(row.name, whatToDo(row)?.headline ?? 'nothing to do');
 * ```
 *
 * @returns undefined where there is nothing to do, or nothing that would be known
 * @throws {@link OptionsError} (`invalidInput`) for what is no row
 */
export function whatToDo(row: VmRow): WhatToDo | undefined {
  checkObject('row', row, ROW);
  const logPath = row.failure?.logLocation;
  const found = adviceOn(row);
  return found === undefined || !logPath ? found : { ...found, logPath };
}

/**
 * The report with what to do about its VMs, once for each kind of trouble; as it is where there is nothing to do.
 * @throws {@link OptionsError} (`invalidInput`) for what is no report
 */
export function withWhatToDo(report: Report): Report {
  checkObject('report', report, REPORT);
  if (!Array.isArray(report.vms)) {
    throw refusal('report.vms', report.vms, REPORT);
  }
  for (const [index, row] of report.vms.entries()) {
    checkObject(`report.vms[${index}]`, row, ROW);
  }
  const kinds = new Map<string, { advice: WhatToDo; vms: string[] }>();
  for (const row of report.vms) {
    const advice = adviceOn(row);
    if (advice !== undefined) {
      const kind = kinds.get(advice.about) ?? { advice, vms: [] };
      kind.vms.push(row.vm);
      kinds.set(advice.about, kind);
    }
  }
  const all = [...kinds.values()].map(({ advice, vms }) => ({ ...advice, vms }));
  return all.length === 0 ? report : { ...report, whatToDo: all };
}

const REPORT = 'give a report, such as that which a wait or `replay` answers';

const ROW = 'give one of the rows that a report has as `vms`';

function checkObject(name: string, value: unknown, give: string): void {
  if (typeof value !== 'object' || value === null) {
    throw refusal(name, value, give);
  }
}

function refusal(name: string, value: unknown, give: string): OptionsError {
  return new OptionsError(
    'invalidInput',
    `${name} is ${value === null ? 'null' : `of the type ${typeof value}`}: ${give}`,
  );
}

function adviceOn(row: VmRow): WhatToDo | undefined {
  const trouble = troubleOf(row);
  return trouble && { ...trouble, ...ADVICE[trouble.about] };
}
