/** Which certificates are accepted. It names nothing of Node: a project without Node's types reads it too. */

/** What makes a certificate acceptable. */
export interface TrustOptions {
  /** Certificates to trust in place of the platform's, PEM. */
  readonly ca?: string | undefined;
  /** SHA-256 of the only certificate to accept, as hex with or without colons; nothing else is then checked. */
  readonly thumbprint?: string | undefined;
  /** Accept any certificate. */
  readonly insecure?: boolean | undefined;
}
