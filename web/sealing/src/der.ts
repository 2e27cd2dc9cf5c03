import { toHex, type Bytes } from "./bytes.ts";
import { FormError } from "./json.ts";

/** Tags that are read. */
export const tags = { integer: 0x02, octets: 0x04, none: 0x05, oid: 0x06, bmp: 0x1e, sequence: 0x30, set: 0x31, part0: 0x80, inner0: 0xa0 } as const;

/** Reads DER (X.690) strictly: definite lengths in their shortest form, nothing behind the last value. Everything else is a {@link FormError}. */
export class Der {
  #at = 0;

  constructor(readonly bytes: Bytes) {}

  get more(): boolean {
    return this.#at < this.bytes.length;
  }

  /** Whether the next value has this tag. */
  is(tag: number): boolean {
    return this.bytes[this.#at] === tag;
  }

  /** The content of the next value, which must have this tag. */
  take(tag: number): Bytes {
    const { bytes } = this;
    if (!this.is(tag)) {
      throw new FormError();
    }
    let length = bytes[this.#at + 1] ?? 0x80;
    let from = this.#at + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      const shown = bytes.subarray(from, from + count);
      length = shown.reduce((sum, byte) => sum * 256 + byte, 0);
      // No file that is read here needs more than two; fewer would have done is not DER.
      if (count < 1 || count > 2 || shown.length < count || length < (count === 1 ? 0x80 : 0x100)) {
        throw new FormError();
      }
      from += count;
    }
    if (from + length > bytes.length) {
      throw new FormError();
    }
    this.#at = from + length;
    return bytes.slice(from, from + length);
  }

  /** The values inside of the next one. */
  into(tag: number = tags.sequence): Der {
    return new Der(this.take(tag));
  }

  /** An object identifier's content in hex. */
  oid(): string {
    return toHex(this.take(tags.oid));
  }

  /** The name of an algorithm without parameters. */
  plainAlgorithm(): string {
    const name = this.oid();
    this.noParameters();
    return name;
  }

  /** NULL may come, and nothing else. */
  noParameters(): void {
    if (this.more && this.take(tags.none).length > 0) {
      throw new FormError();
    }
    this.end();
  }

  /** A whole number within bounds. */
  integer(least: number, most: number): number {
    const bytes = this.take(tags.integer);
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    const shortest = bytes.length > 0 && bytes.length <= 5 && bytes[0]! < 0x80 && (bytes.length === 1 || bytes[0] !== 0 || bytes[1]! >= 0x80);
    if (!shortest || value < least || value > most) {
      throw new FormError();
    }
    return value;
  }

  /** Passes over the next value, whatever it is. */
  skip(): void {
    this.take(this.bytes[this.#at] ?? 0);
  }

  /** Nothing more may come. */
  end(): void {
    if (this.more) {
      throw new FormError();
    }
  }
}
