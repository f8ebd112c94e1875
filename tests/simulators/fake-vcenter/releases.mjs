/** The releases of the API, and how a client and the server agree on one. */
import { reaches } from './schema.mjs';

/** The newest first: those with VI JSON schemas, and the SOAP-only ones before them. */
const withJson = [
  ...['9.1.1.0', '9.1.0.0', '9.0.0.0', '8.0.3.1', '8.0.3.0', '8.0.2.0', '8.0.1.0', '8.0.0.2', '8.0.0.1', '8.0.0.0'],
  ...['7.0.3.2', '7.0.3.1', '7.0.3.0', '7.0.2.1', '7.0.2.0', '7.0.1.1', '7.0.1.0', '7.0.0.2', '7.0.0.0'],
];
const soapOnly = [
  ...['6.9.1', '6.8.7', '6.7.3', '6.7.2', '6.7.1', '6.7', '6.5', '6.0', '5.5', '5.1', '5.0', '4.1', '4.0'],
];

const MAX_RELEASES = 128;
const MAX_LENGTH = 64;

/** Whether the server speaks VI JSON by its version: it came with 8.0 U1. */
export function hasJson(apiVersion) {
  return reaches(apiVersion, '8.0.1.0');
}

/** Whether the server has the negotiation call, which came with 8.0 U2. */
export function hasHello(apiVersion) {
  return reaches(apiVersion, '8.0.2.0');
}

/** Whether the server has VI JSON schemas of a release: older ones too, newer ones not. */
export function servesRelease(apiVersion, release) {
  return release === apiVersion || (withJson.includes(release) && reaches(apiVersion, release));
}

/**
 * The document at /sdk/vimServiceVersions.xml.
 *
 * @param {string} apiVersion
 * @param {string} [name] what a build before a release calls its newest version
 */
export function serviceVersions(apiVersion, name) {
  const older = [...withJson, ...soapOnly].filter((known) => known !== apiVersion && reaches(apiVersion, known));
  const prior = (name === undefined ? older : [apiVersion, ...older]).map((one) => `<version>${one}</version>`);
  return (
    '<?xml version="1.0" encoding="UTF-8" ?><namespaces version="1.0"><namespace><name>urn:vim25</name>' +
    `<version>${name ?? apiVersion}</version><priorVersions>${prior.join('')}</priorVersions></namespace></namespaces>\n`
  );
}

/**
 * The answer to the negotiation call: the first release of the client's list
 * that the server has, or none.
 *
 * @param {string} apiVersion
 * @param {string} text the request's body
 * @returns {{status: number, body: object}}
 */
export function hello(apiVersion, text) {
  const refuse = (message) => ({
    status: 400,
    body: {
      error_type: 'INVALID_ARGUMENT',
      messages: [{ args: [], default_message: message, id: 'com.vmware.vcenter.system.hello.invalid' }],
    },
  });
  let body;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return refuse(`JSON: ${error.message}`);
  }
  const { api_releases: releases, ...more } = Object(body);
  if (Object.keys(more).length > 0) return refuse(`unexpected member ${Object.keys(more)[0]}`);
  if (!Array.isArray(releases) || releases.length === 0 || releases.length > MAX_RELEASES) {
    return refuse(`api_releases: must be an array of 1 to ${MAX_RELEASES} release ids`);
  }
  if (!releases.every((one) => typeof one === 'string' && one.length <= MAX_LENGTH)) {
    return refuse(`api_releases: an id has at most ${MAX_LENGTH} characters`);
  }
  return { status: 200, body: { api_release: releases.find((one) => servesRelease(apiVersion, one)) ?? '' } };
}
