/** What somebody has given the page to open. */

/** A file, or what was pasted. */
export interface Given {
  readonly name: string;
  readonly blob: Blob;
}

export function givenOf(files: Iterable<File> | ArrayLike<File>): Given[] {
  return Array.from(files, (file) => ({ name: file.name, blob: file }));
}
