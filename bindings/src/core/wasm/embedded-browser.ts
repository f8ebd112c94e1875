import deflated from 'embedded:core';

/** Unpacks the core inside the bundle. */
export async function unpack(): Promise<BufferSource> {
  const packed = Uint8Array.from(atob(deflated), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(stream).arrayBuffer();
}
