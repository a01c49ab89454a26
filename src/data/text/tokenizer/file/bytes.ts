/** @file Models that spell out as bytes what no piece covers. */

/** How GPT-2 writes bytes as characters that show: those of Latin-1 that do as themselves, others from U+0100 on. */
function byteCharacters(): readonly string[] {
  const shows = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(shows(byte) ? byte : 256 + others++));
}

/** Whether every byte has a piece as a `ByteLevel` pre-tokenizer writes it. */
export const coversByteLevel = (ids: ReadonlyMap<string, number>): boolean =>
  byteCharacters().every((character) => ids.has(character));

/** Whether every byte has a piece as `byte_fallback` writes it: `<0x0A>`. */
export const coversByteFallback = (ids: ReadonlyMap<string, number>): boolean =>
  Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`).every((piece) =>
    ids.has(piece),
  );
