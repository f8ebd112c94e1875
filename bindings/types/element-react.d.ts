/** `vm-customization/element` with the types of its tag in JSX: React 19 sets properties of custom elements, and hears their events. */
import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { StatusEventMap, StatusProperties, VmCustomizationStatusElement } from './element.js';

export * from './element.js';

/** What the tag takes in JSX, beyond what every element does; undefined is as when it is left out. */
export type StatusAttributes = { [Name in keyof StatusProperties]?: StatusProperties[Name] | undefined } & {
  [Name in keyof StatusEventMap as `on${Name}`]?: (event: StatusEventMap[Name]) => void;
};

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'vm-customization-status': DetailedHTMLProps<
        HTMLAttributes<VmCustomizationStatusElement>,
        VmCustomizationStatusElement
      > &
        StatusAttributes;
    }
  }
}
