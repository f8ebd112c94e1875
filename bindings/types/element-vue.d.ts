/** `vm-customization/element` with the types of its tag in templates of Vue 3. */
import type { HTMLAttributes, PublicProps } from 'vue';
import type { StatusEventMap, StatusProperties } from './element.js';

export * from './element.js';

/** What the tag takes in templates, beyond what every element does; undefined is as when it is left out. */
export type StatusAttributes = { [Name in keyof StatusProperties]?: StatusProperties[Name] | undefined } & {
  [Name in keyof StatusEventMap as `on${Capitalize<Name>}`]?: (event: StatusEventMap[Name]) => void;
};

declare module 'vue' {
  interface GlobalComponents {
    'vm-customization-status': new () => { $props: PublicProps & HTMLAttributes & StatusAttributes };
  }
}
