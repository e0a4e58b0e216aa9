/** The broker's settings beyond its addresses: the same natively and in docker-compose.yml (a test compares them). */
export const KAFKA_SETTINGS: Readonly<Record<string, string | number | boolean>> = {
  // Topics are created by the store that owns them, with LogAppendTime; a misspelt one must not come to life.
  'auto.create.topics.enable': false,
  // One broker.
  'default.replication.factor': 1,
  'offsets.topic.replication.factor': 1,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  // Fifty partitions of each would be opened at every start.
  'offsets.topic.num.partitions': 8,
  'transaction.state.log.num.partitions': 8,
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 1_000,
  // A producer that died inside a transaction holds back every reader until it is timed out.
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
  // Values up to 8 MB, and what surrounds them.
  'message.max.bytes': 9_437_184,
  'replica.fetch.max.bytes': 9_437_184,
  'log.segment.bytes': 134_217_728,
  'log.index.size.max.bytes': 2_097_152,
  // The cleaner takes this from the heap for good; the compacted topics here are tiny.
  'log.cleaner.dedupe.buffer.size': 4_194_304,
  'log.cleaner.threads': 1,
  'num.network.threads': 2,
  'num.io.threads': 4,
  'num.recovery.threads.per.data.dir': 2,
  // A broker that was killed is let in again only when its predecessor's session has run out: 9 s unless said otherwise.
  'broker.session.timeout.ms': 3_000,
  'broker.heartbeat.interval.ms': 500,
  // Empty records of the controller, for latency between brokers that are not there.
  'metadata.max.idle.interval.ms': 5_000,
}
