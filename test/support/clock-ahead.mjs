// Loaded before a layer (--import): the worker's clock goes TANDEM_TESTING_CLOCK_MS ahead of the machine's.
const aheadMs = Number(process.env.TANDEM_TESTING_CLOCK_MS)
if (process.argv[2] === 'worker') {
  const RealDate = Date
  globalThis.Date = class extends RealDate {
    static now() {
      return RealDate.now() + aheadMs
    }
    constructor(...args) {
      if (args.length === 0) super(RealDate.now() + aheadMs)
      else super(...args)
    }
  }
}
