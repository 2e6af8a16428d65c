// A client that is told to expect a sign of life more often than a minute: prints what came after a pause.
import { Constants } from "@azure/core-amqp";
import { EventHubConsumerClient, EventHubProducerClient } from "@azure/event-hubs";

const [connection, expected, idle] = process.argv.slice(2);
// The SDK has no option for it; a connection on which nothing came for so long is dropped.
Constants.defaultConnectionIdleTimeoutInMs = Number(expected) * 1000;

const producer = new EventHubProducerClient(connection, "orders");
const consumer = new EventHubConsumerClient("readers", connection, "orders");
const bodies = [];
const errors = [];
const subscription = consumer.subscribe(
  "1",
  {
    processEvents: async (events) => bodies.push(...events.map((event) => event.body)),
    processError: async (error) => errors.push(error.code ?? error.name),
  },
  { startPosition: { offset: "-1" } },
);

async function send(body) {
  await producer.sendBatch([{ body }], { partitionId: "1" });
  while (!bodies.includes(body)) await new Promise((resolve) => setTimeout(resolve, 50));
}

await send("before");
await new Promise((resolve) => setTimeout(resolve, Number(idle) * 1000));
await send("after");
console.log(JSON.stringify({ bodies, errors }));
await subscription.close();
await Promise.all([producer.close(), consumer.close()]);
