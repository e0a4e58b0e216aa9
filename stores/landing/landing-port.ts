import type { SourcePage } from '../../core/define/source-definition.js'

/** A page as it lies in the landing, with what its server wants to be asked with the next time. */
export interface LandedPage extends SourcePage {
  readonly etag: string | null
  /** The header's text. */
  readonly lastModified: string | null
}

/** What is known of a landed page without reading its body. */
export type PageEntry = Omit<LandedPage, 'body'>

/** A run's landing. */
export interface Landing {
  /** By the pages' names (`url`). */
  readonly entries: ReadonlyMap<string, PageEntry>
  /** @throws where the landing has no page of that name */
  page(name: string): Promise<LandedPage>
  /** All of them, in the order in which they were landed. */
  pages(): AsyncIterable<LandedPage>
}

/** The landing of a run that crawls; it begins with what an interrupted attempt of the run landed. */
export interface LandingWriter extends Landing {
  /** Resolves once the page is on the disk. A page of the same name takes the place of the one before. */
  add(page: LandedPage): Promise<void>
  /** Writes the Parquet files: from now on the landing is whole. Repeatable. */
  finish(): Promise<void>
  /** Closes the file; what was landed stays for the next attempt. */
  close(): Promise<void>
}

/** Pages as they were fetched, one row each, below one folder: `<source>/<run>/pages-00000.parquet`. */
export interface LandingStore {
  /** Starts a run's landing or goes on with it, also where it was whole. */
  openWriter(source: string, run: string): Promise<LandingWriter>
  /** The landing of a run that finished; null where there is none. */
  open(source: string, run: string): Promise<Landing | null>
  /** Removes the landings of runs that are not to be kept. Returns how many. */
  sweep(source: string, keep: ReadonlySet<string>): Promise<number>
}
