/**
 * Where a segment's cells are read from: MongoDB while it holds them, the lake's cold copy after that.
 * @module
 */
export { comparableCells } from './comparable-cells.js'
export { type CellsOfDay, type SegmentCells, segmentCells } from './segment-cells.js'
