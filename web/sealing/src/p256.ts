import { toHex, type Bytes } from "./bytes.ts";

// FIPS 186-5: P-256.
const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const generator: Point = [0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n, 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n, 1n];

/** Jacobian coordinates; z is 0 for the point at infinity. */
type Point = readonly [bigint, bigint, bigint];

const mod = (value: bigint): bigint => ((value % p) + p) % p;

function double([x, y, z]: Point): Point {
  const [yy, zz] = [mod(y * y), mod(z * z)];
  const s = mod(4n * x * yy);
  const m = mod(3n * (x - zz) * (x + zz));
  const nx = mod(m * m - 2n * s);
  return [nx, mod(m * (s - nx) - 8n * yy * yy), mod(2n * y * z)];
}

function add(one: Point, other: Point): Point {
  if (one[2] === 0n || other[2] === 0n) {
    return one[2] === 0n ? other : one;
  }
  const [z1, z2] = [mod(one[2] * one[2]), mod(other[2] * other[2])];
  const [u1, u2] = [mod(one[0] * z2), mod(other[0] * z1)];
  const [s1, s2] = [mod(one[1] * other[2] * z2), mod(other[1] * one[2] * z1)];
  if (u1 === u2) {
    return s1 === s2 ? double(one) : [1n, 1n, 0n];
  }
  const [h, r] = [mod(u2 - u1), mod(s2 - s1)];
  const [hh, hhh] = [mod(h * h), mod(h * h * h)];
  const v = mod(u1 * hh);
  const x = mod(r * r - hhh - 2n * v);
  return [x, mod(r * (v - x) - s1 * hhh), mod(one[2] * other[2] * h)];
}

/** Modular inverse by Fermat. */
function inverse(value: bigint): bigint {
  let [result, base] = [1n, value];
  for (let exponent = p - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) {
      result = mod(result * base);
    }
    base = mod(base * base);
  }
  return result;
}

/**
 * The uncompressed public point of a scalar. WebCrypto takes a private key only together with its point, and not every browser computes it. BigInt takes time
 * that depends on the value: this is for ephemeral keys, each used once, of which nobody outside the page can measure a second one.
 */
export function pointOf(scalar: Uint8Array): Bytes {
  const value = BigInt(`0x${toHex(scalar)}`);
  if (scalar.length !== 32 || value === 0n || value >= order) {
    throw new RangeError("The scalar is out of range.");
  }
  let sum: Point = [1n, 1n, 0n];
  for (let bit = 255n; bit >= 0n; bit--) {
    sum = double(sum);
    if (((value >> bit) & 1n) === 1n) {
      sum = add(sum, generator);
    }
  }
  const z = inverse(sum[2]);
  const zz = mod(z * z);
  const bytes = new Uint8Array(65);
  bytes[0] = 4;
  for (const [at, coordinate] of [[1, mod(sum[0] * zz)], [33, mod(sum[1] * zz * z)]] as const) {
    const hex = coordinate.toString(16).padStart(64, "0");
    bytes.set(Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16)), at);
  }
  return bytes;
}
