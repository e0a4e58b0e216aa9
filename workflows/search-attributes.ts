import type { Connection } from '@temporalio/client'
import proto from '@temporalio/proto'
import type { Logger } from '../stores/logger.js'
import { SEARCH_ATTRIBUTES } from './workflow/describe-run.js'

// a CommonJS module whose names Node cannot see
const { IndexedValueType } = proto.temporal.api.enums.v1

/**
 * Registers the custom search attributes in the namespace where they are missing. A server that does not let us (a
 * shared cluster) is no obstacle: the memo of each run says the same, it only cannot be searched by.
 *
 * @returns whether runs may carry them
 */
export async function registerSearchAttributes(
  connection: Connection,
  namespace: string,
  logger: Logger,
): Promise<boolean> {
  try {
    const known = await connection.operatorService.listSearchAttributes({ namespace })
    const missing = Object.values(SEARCH_ATTRIBUTES).filter(({ name }) => known.customAttributes?.[name] === undefined)
    if (missing.length > 0) {
      await connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(
          missing.map(({ name }) => [name, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD]),
        ),
      })
    }
    return true
  } catch (error) {
    logger.warn(
      { namespace, error },
      'search attributes could not be registered; runs say what they are about in their memo only',
    )
    return false
  }
}
