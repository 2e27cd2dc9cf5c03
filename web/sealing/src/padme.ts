import { type Bytes } from "./bytes.ts";

/** The smallest padded size, in bytes. */
export const minimumSize = 1024;

const lengthSize = 4;
const maxDataSize = (256 << 20) - lengthSize;

/** The Padmé length (Nikitin et al., PETS 2019, section 4): at least the length, with at most log-many values. Lengths up to 2^52. */
export function paddedLength(length: number): number {
  if (!Number.isSafeInteger(length) || length < 0 || length > 2 ** 52) {
    throw new RangeError("The length is out of range.");
  }
  if (length < 2) {
    return length;
  }
  const exponent = floorLog2(length);
  const unit = 2 ** (exponent - (floorLog2(exponent) + 1));
  return unit < 1 ? length : Math.ceil(length / unit) * unit;
}

function floorLog2(value: number): number {
  let exponent = 0;
  for (let rest = value; rest >= 2; rest = Math.floor(rest / 2)) {
    exponent++;
  }
  return exponent;
}

const sizeFor = (dataLength: number): number => Math.max(minimumSize, paddedLength(dataLength + lengthSize));

/** Pads to the Padmé length: length in 4 bytes, big-endian, data, zeros. */
export const pad = (data: Uint8Array): Bytes => padToSize(data, sizeFor(data.length));

/** Pads to a size that is the same for all messages of a kind. */
export function padToSize(data: Uint8Array, size: number): Bytes {
  if (data.length > maxDataSize || size - lengthSize < data.length) {
    throw new RangeError("The data does not fit into the padded size.");
  }
  const padded = new Uint8Array(size);
  new DataView(padded.buffer).setUint32(0, data.length);
  padded.set(data, lengthSize);
  return padded;
}

/** Takes the data out of what {@link pad} made; null unless the size fits the length and all the rest is zero. */
export function unpad(padded: Uint8Array): Bytes | null {
  const data = read(padded);
  return data !== null && padded.length === sizeFor(data.length) ? data : null;
}

/** Takes the data out of what {@link padToSize} made for the same size. */
export const unpadFromSize = (padded: Uint8Array, size: number): Bytes | null => (padded.length === size ? read(padded) : null);

function read(padded: Uint8Array): Bytes | null {
  if (padded.length < lengthSize) {
    return null;
  }
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  const end = lengthSize + length;
  return length > maxDataSize || end > padded.length || padded.subarray(end).some((byte) => byte !== 0) ? null : padded.slice(lengthSize, end);
}
