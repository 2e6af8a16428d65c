// Properties, sends, keys, positions and runtime metrics: prints what it saw as JSON.
import { EventHubConsumerClient, EventHubProducerClient } from "@azure/event-hubs";

const [connection] = process.argv.slice(2);
const producer = new EventHubProducerClient(connection, "orders");
const consumer = new EventHubConsumerClient("readers", connection, "orders");

const hub = await producer.getEventHubProperties();
const batch = await producer.createBatch({ partitionId: "1" });
for (let n = 0; n < 10; n += 1) batch.tryAdd({ body: { n }, properties: { team: "sales" } });
await producer.sendBatch(batch);
await producer.sendBatch([{ body: "y".repeat(300000) }], { partitionId: "1" });
await producer.sendBatch([{ body: "keyed" }], { partitionKey: "device-1" });
const properties = await producer.getPartitionProperties("1");

function read(partition, count, startPosition) {
  return new Promise((resolve, reject) => {
    const got = [];
    const reading = consumer.subscribe(
      partition,
      {
        processEvents: async (events, context) => {
          got.push(...events);
          if (got.length < count) return;
          const last = context.lastEnqueuedEventProperties;
          await reading.close();
          resolve({ got, last });
        },
        processError: async (error) => reject(error),
      },
      { startPosition, maxWaitTimeInSeconds: 1, trackLastEnqueuedEventProperties: true },
    );
  });
}

const fromStart = await read("1", 11, { offset: "-1" });
const fromFour = await read("1", 7, { sequenceNumber: 4, isInclusive: true });
console.log(JSON.stringify({
  partitions: hub.partitionIds,
  last: properties.lastEnqueuedSequenceNumber,
  bodies: fromStart.got.slice(0, 10).map((event) => event.body.n),
  team: fromStart.got[0].properties.team,
  long: fromStart.got[10].body.length,
  metrics: fromStart.last.sequenceNumber,
  four: fromFour.got.map((event) => event.sequenceNumber),
}));
await producer.close();
await consumer.close();
