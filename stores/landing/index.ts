/**
 * The landing: pages of sources as they were fetched, one row each, in Parquet files.
 * @module
 */
export type { LandedPage, Landing, LandingStore, LandingWriter, PageEntry } from './landing-port.js'
export { openLanding } from './landing-store.js'
