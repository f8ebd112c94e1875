/** The build puts the text of a style sheet, without comments and white space, where it is imported. */
declare module '*.css' {
  const css: string;
  export default css;
}
