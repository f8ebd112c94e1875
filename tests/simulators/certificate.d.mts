/** PEM texts, and the SHA-256 thumbprint. */
export function makeCertificate(options?: { commonName?: string }): {
  certificate: string;
  key: string;
  thumbprint: string;
};
