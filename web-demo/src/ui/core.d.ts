declare module '*?worker&url' {
  /** Where the build puts the script. */
  const url: string;
  export default url;
}

declare module '*.html?raw' {
  const text: string;
  export default text;
}

declare module '*?url' {
  /** Where the build puts the file. */
  const url: string;
  export default url;
}

declare module '*.css';
