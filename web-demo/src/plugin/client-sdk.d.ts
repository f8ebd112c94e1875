/**
 * The part of the vSphere Client's SDK that the page uses, by its documentation ("vSphere Client JavaScript API", remote
 * plug-ins, 7.0 to 8.0). What older Clients lack is optional here.
 */
export interface HtmlClientSdk {
  /** To be called before all others; calls back when they can be called. */
  initialize(callback: () => void): void;
  readonly app: {
    /** What the view is about: one item for a view of an object, none for a global view. */
    getContextObjects(): readonly { readonly id: string }[];
    /** A token for the plug-in's server, that stands for the session of the user. */
    getSessionInfo(callback: (info: { readonly sessionToken: string }) => void): void;
    getApiEndpoints(): { readonly uiApiEndpoint: { readonly fullUrl: string } };
    getTheme?(): ClientTheme;
  };
  readonly event: {
    onThemeChanged?(callback: (theme: ClientTheme) => void): void;
  };
}

/** More names may come. */
export interface ClientTheme {
  readonly name: 'light' | 'dark' | (string & {});
}

declare global {
  interface Window {
    /** Absent outside the Client, where nothing serves its script. */
    readonly htmlClientSdk?: HtmlClientSdk;
  }
}
