/** Checks how deep a MessagePack value is nested, in one pass over its bytes and without decoding it. */

/** Length of each token from 0xc0 on [bytes]; 0 if the token states its own length. */
const fixed: readonly number[] = [
  1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 3, 4, 6, 10, 18, 0, 0, 0, 0, 0, 0, 0,
];

const unsigned = (bytes: Uint8Array, position: number, width: number): number => {
  let value = 0;
  for (let index = 0; index < width; index += 1) value = value * 256 + (bytes[position + index] ?? 0);
  return value;
};

/** Length of the string, binary or extension token at `position`, with its content [bytes]. */
const spanOf = (bytes: Uint8Array, position: number, token: number): number => {
  if (token >= 0xa0 && token < 0xc0) return 1 + (token & 0x1f);
  if (token < 0x80 || token >= 0xe0) return 1;
  const length = fixed[token - 0xc0] ?? 0;
  if (length > 0) return length;
  const family = token >= 0xd9 ? 0xd9 : token >= 0xc7 ? 0xc7 : 0xc4;
  const width = 1 << (token - family);
  const typeByte = family === 0xc7 ? 1 : 0;
  return 1 + width + typeByte + unsigned(bytes, position + 1, width);
};

/** Number of values in the array or map at `position` (keys and values for a map); undefined for other tokens. */
const childrenOf = (bytes: Uint8Array, position: number, token: number): number | undefined => {
  if (token >= 0x80 && token < 0x90) return (token & 0x0f) * 2;
  if (token >= 0x90 && token < 0xa0) return token & 0x0f;
  if (token < 0xdc || token > 0xdf) return undefined;
  const width = token & 1 ? 4 : 2;
  return unsigned(bytes, position + 1, width) * (token >= 0xde ? 2 : 1);
};

const headerOf = (token: number): number => (token < 0xa0 ? 1 : token & 1 ? 5 : 3);

/** Whether arrays and maps are nested more than `limit` deep. Truncated input is left to the decoder. */
export const nestingExceeds = (bytes: Uint8Array, limit: number): boolean => {
  /** Values still to read on each level; the value itself is on level 0. */
  const left = [1];
  let position = 0;
  while (left.length > 0 && position < bytes.length) {
    const token = bytes[position] ?? 0;
    const level = left.length - 1;
    left[level] = (left[level] ?? 0) - 1;
    const children = childrenOf(bytes, position, token);
    position += children === undefined ? spanOf(bytes, position, token) : headerOf(token);
    if (children !== undefined && left.push(children) - 1 > limit) return true;
    while (left.length > 0 && left[left.length - 1] === 0) left.pop();
  }
  return false;
};
