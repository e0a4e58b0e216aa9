/** What the landing uses of parquetjs-lite, which has no types of its own. */
declare module 'parquetjs-lite' {
  type Field = {
    type: 'UTF8' | 'INT32' | 'BYTE_ARRAY' | 'TIMESTAMP_MICROS'
    optional?: boolean
    statistics?: false
    compression?: 'GZIP' | 'SNAPPY' | 'UNCOMPRESSED'
  }
  class ParquetSchema {
    constructor(fields: Record<string, Field>)
  }
  class ParquetWriter {
    static openFile(schema: ParquetSchema, path: string, options?: { rowGroupSize?: number }): Promise<ParquetWriter>
    appendRow(row: Record<string, unknown>): Promise<void>
    close(): Promise<void>
  }
  class ParquetReader {
    static openFile(path: string): Promise<ParquetReader>
    getCursor(): { next(): Promise<Record<string, unknown> | null> }
    close(): Promise<void>
  }
  const parquet: {
    ParquetSchema: typeof ParquetSchema
    ParquetWriter: typeof ParquetWriter
    ParquetReader: typeof ParquetReader
  }
  // biome-ignore lint/style/noDefaultExport: a CommonJS module
  export default parquet
}
