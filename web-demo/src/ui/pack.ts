/** Texts made small: for a link, and for what a browser keeps of a page. */

/** The text, deflated, in base64. */
export async function pack(text: string): Promise<string> {
  const packed = await through(new Blob([text]), new CompressionStream('deflate-raw'), Number.POSITIVE_INFINITY);
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(',')[1] ?? '');
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(packed);
  });
}

/** The text again. @throws when it is none, or is larger than so many MiB: a hostile one could grow without end */
export async function unpack(packed: string, mostMiB: number): Promise<string> {
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  return (await through(new Blob([bytes]), new DecompressionStream('deflate-raw'), mostMiB)).text();
}

async function through(blob: Blob, stream: CompressionStream | DecompressionStream, mostMiB: number): Promise<Blob> {
  const parts: BlobPart[] = [];
  let size = 0;
  const reader = blob.stream().pipeThrough(stream).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.byteLength;
    if (size > mostMiB * 2 ** 20) {
      await reader.cancel();
      throw new Error(`it is larger than ${mostMiB} MiB`);
    }
    parts.push(next.value as BlobPart);
  }
  return new Blob(parts);
}
