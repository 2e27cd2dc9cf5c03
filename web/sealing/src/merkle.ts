import { equal, sha256, type Bytes } from "./bytes.ts";

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);
const maxHashes = 128;

/** RFC 6962 section 2.1: hash of a leaf. */
export const leafHash = (data: Uint8Array): Promise<Bytes> => sha256(leafPrefix, data);

/** Hash of an inner node. */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Promise<Bytes> => sha256(nodePrefix, left, right);

const isOdd = (value: number): boolean => value % 2 === 1;
const half = (value: number): number => Math.floor(value / 2);

/** Verifies an audit path (RFC 9162 section 2.1.3.2, which reads RFC 6962 proofs too). */
export async function verifyInclusion(
  leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[], root: Uint8Array,
): Promise<boolean> {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size || path.length > maxHashes) {
    return false;
  }
  let [node, last, hash] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) {
      return false;
    }
    if (isOdd(node) || node === last) {
      hash = await nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && equal(hash, root);
}

/** Verifies that one tree extends another (RFC 9162 section 2.1.4.2). */
export async function verifyConsistency(
  size1: number, root1: Uint8Array, size2: number, root2: Uint8Array, proof: readonly Uint8Array[],
): Promise<boolean> {
  if (!Number.isSafeInteger(size1) || !Number.isSafeInteger(size2) || size1 < 1 || size1 > size2 || proof.length > maxHashes) {
    return false;
  }
  if (size1 === size2) {
    return proof.length === 0 && equal(root1, root2);
  }
  let [node, last] = [size1 - 1, size2 - 1];
  while (isOdd(node)) {
    node = half(node);
    last = half(last);
  }
  // An old tree that is one complete subtree is its own first node and is left out of the proof.
  const wholeOld = node === 0;
  if (!wholeOld && proof.length === 0) {
    return false;
  }
  let older = wholeOld ? root1 : proof[0]!;
  let newer = older;
  for (const hash of proof.slice(wholeOld ? 0 : 1)) {
    if (last === 0) {
      return false;
    }
    if (isOdd(node) || node === last) {
      older = await nodeHash(hash, older);
      newer = await nodeHash(hash, newer);
      while (!isOdd(node) && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      newer = await nodeHash(newer, hash);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && equal(older, root1) && equal(newer, root2);
}

/** A growing tree of which only the edge is kept: complete subtrees, the largest first. */
export class Frontier {
  #size = 0;
  #edge: Bytes[] = [];

  get size(): number {
    return this.#size;
  }

  /** Appends a leaf by its hash. */
  async append(hash: Bytes): Promise<void> {
    let node = hash;
    for (let size = this.#size; isOdd(size); size = half(size)) {
      node = await nodeHash(this.#edge.pop()!, node);
    }
    this.#edge.push(node);
    this.#size++;
  }

  /** Root over the leaves so far. */
  async root(): Promise<Bytes> {
    let root = this.#edge.at(-1) ?? (await sha256(new Uint8Array(0)));
    for (const subtree of this.#edge.slice(0, -1).reverse()) {
      root = await nodeHash(subtree, root);
    }
    return root;
  }
}
