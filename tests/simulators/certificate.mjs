/**
 * Makes self-signed certificates without any tool beside Node, whose crypto
 * module has keys and signatures but no way to issue a certificate: the few
 * DER structures it takes are written here.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const SEQUENCE = 0x30;
const SET = 0x31;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Makes a certificate for 127.0.0.1, ::1 and localhost.
 *
 * @param {{commonName?: string}} [options]
 * @returns {{certificate: string, key: string, thumbprint: string}} PEM texts and the SHA-256 thumbprint, `AA:BB:…`
 */
export function makeCertificate({ commonName = 'vCenter simulator' } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = der(SEQUENCE, oid('2a8648ce3d040302'));
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, oid('550403'), der(0x0c, Buffer.from(commonName)))));
  const now = Date.now();

  const extensions = [
    extension('551d13', true, der(SEQUENCE, der(0x01, Buffer.from([0xff])))), // basic constraints: CA
    extension('551d0f', true, Buffer.from([0x03, 0x02, 0x02, 0x84])), // key usage: signature, certificate signing
    extension('551d25', false, der(SEQUENCE, oid('2b06010505070301'), oid('2b06010505070302'))), // extended key usage: server, client
    extension(
      '551d11', // subject alternative names
      false,
      der(
        SEQUENCE,
        der(0x87, Buffer.from([127, 0, 0, 1])),
        der(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
        der(0x82, Buffer.from('localhost')),
      ),
    ),
  ];
  const toBeSigned = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])), // a positive serial number
    ecdsaWithSha256,
    name,
    der(SEQUENCE, time(now - DAY_MS), time(now + 30 * DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, ...extensions)),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  const whole = der(SEQUENCE, toBeSigned, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));

  const lines = whole.toString('base64').match(/.{1,64}/g);
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    thumbprint: createHash('sha256').update(whole).digest('hex').toUpperCase().match(/../g).join(':'),
  };
}

/** One DER value: tag, length, contents. */
function der(tag, ...contents) {
  const body = Buffer.concat(contents);
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

function oid(hex) {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function extension(id, critical, value) {
  const flag = critical ? [der(0x01, Buffer.from([0xff]))] : [];
  return der(SEQUENCE, oid(id), ...flag, der(0x04, value));
}

/** A UTCTime, good for the years up to 2049. */
function time(ms) {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}
