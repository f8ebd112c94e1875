/** The core, deflated (raw) and in base64; scripts/build.mjs puts it there. */
declare module 'embedded:core' {
  const deflated: string;
  export default deflated;
}
