import { definePipeline } from 'tandem'
import { places, products } from './collections.js'
import { mapping as memberEvents } from './mappings/member-events.js'
import { citizenSimulator } from './simulator/index.js'
import { placesSource } from './sources/places.js'
import { productsSource } from './sources/products.js'
import { logEcopoint, logError, logInout, logLesswaste, logMenuclick, logNolabel } from './streams.js'
import { activity, clicks, errors, searches } from './views.js'

/** Citizens of a recycling service: what they search, open, upload and earn, live and by gender, age and region. */
export const pipeline = definePipeline({
  name: 'citizen',
  streams: [logInout, logMenuclick, logEcopoint, logNolabel, logLesswaste, logError],
  views: [searches, activity, clicks, errors],
  collections: [products, places],
  sources: [productsSource, placesSource],
  simulators: [citizenSimulator],
  mappings: [memberEvents],
})
