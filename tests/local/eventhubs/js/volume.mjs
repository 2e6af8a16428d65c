// A buffered producer, then more events on one link than the client's window of 2,048.
import { EventHubBufferedProducerClient, EventHubConsumerClient } from "@azure/event-hubs";

const [connection, count] = process.argv.slice(2);
const failed = [];
const producer = new EventHubBufferedProducerClient(connection, "orders", {
  onSendEventsErrorHandler: async (context) => failed.push(String(context.error)),
  maxWaitTimeInMs: 200,
});
for (let n = 0; n < Number(count); n += 1) {
  await producer.enqueueEvent({ body: n }, { partitionKey: "device-1" });
}
await producer.close();

const consumer = new EventHubConsumerClient("readers", connection, "orders");
const bodies = await new Promise((resolve, reject) => {
  const got = [];
  consumer.subscribe(
    {
      processEvents: async (events) => {
        got.push(...events.map((event) => event.body));
        if (got.length >= Number(count)) resolve(got);
      },
      processError: async (error) => reject(error),
    },
    { startPosition: { offset: "-1" }, maxBatchSize: 500 },
  );
});
console.log(JSON.stringify({ failed, inOrder: bodies.every((body, n) => body === n) }));
await consumer.close();
