declare module '*?url' {
  /** Where the build puts the file. */
  const url: string;
  export default url;
}

declare module '*.css';
