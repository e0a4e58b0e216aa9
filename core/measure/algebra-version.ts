/**
 * Part of every stream's and view's hash. Raised whenever the same definition would give other registers, or other text for
 * the same registers: the hash, a bucket function, the rounding, the encoding.
 */
export const ALGEBRA_VERSION = 1
