/** What is the matter with a VM that failed or gets no further, in a few words; `what-to-do.ts` has the rest. */
import type { Hint, VmRow } from './types.js';

/** By the type of the event. A type that is not here is told as `CustomizationFailed`. */
export const TYPES = {
  CustomizationFailed: 'Customization failed in the guest',
  CustomizationLinuxIdentityFailed: 'The Linux identity was not set',
  CustomizationNetworkSetupFailed: 'The network was not set up',
  CustomizationSysprepFailed: 'Sysprep failed',
  CustomizationUnknownFailure: 'Customization failed unexpectedly',
  TOOLSDEPLOYPKG_FAILED: 'VMware Tools report a failure',
} as const satisfies Readonly<Record<string, string>>;

/** By the reason of the failure, which says more than its type. */
export const REASONS = {
  userDefinedScriptDisabled: 'The script of the specification is not allowed',
  customizationDisabled: 'Customization is switched off in the guest',
  rawDataIsNotSupported: 'cloud-init in the guest is too old',
  wrongMetadataFormat: 'The cloud-init metadata is not valid',
} as const satisfies Readonly<Record<string, string>>;

/** By the hint of the row. */
export const HINTS: Readonly<Record<Hint, string>> = {
  notRead: 'vCenter could not be read',
  poweredOff: 'The VM is off or suspended',
  poweredOnEarlier: 'The VM was powered on before the time looked at',
  neverPoweredOn: 'The VM was not powered on',
  nothingPending: 'Nothing is to be customized',
  pendingNotStarted: 'VMware Tools do not start the customization',
  notStarted: 'Customization did not start',
  startedNoResult: 'The guest reported no result',
  notReady: 'Customized, and not ready yet',
  notFound: 'No such VM has appeared',
};

/** What it is, and in words. */
export interface Trouble {
  readonly about: About;
  readonly headline: string;
}

export type About = keyof typeof TYPES | keyof typeof REASONS | Hint;

/** By the reason of the failure, else its type, else the hint; undefined where nothing is the matter. */
export function troubleOf({ customizationStatus, failure, hint }: VmRow): Trouble | undefined {
  if (customizationStatus === 'CustomizationFailed') {
    return (
      troubleIn(REASONS, failure?.reason) ?? troubleIn(TYPES, failure?.type) ?? troubleIn(TYPES, 'CustomizationFailed')
    );
  }
  return troubleIn(HINTS, hint);
}

function troubleIn(table: Partial<Record<About, string>>, about: string | null | undefined): Trouble | undefined {
  const headline = typeof about === 'string' && Object.hasOwn(table, about) ? table[about as About] : undefined;
  return headline === undefined ? undefined : { about: about as About, headline };
}
